import { limits } from "../../../shared/limits.js";
import { ValueError } from "../table-errors.js";

/**
 * Encodes a bigint as text that sorts numerically, so that `<`, ORDER BY and indexes work: a sign (`0` for negative,
 * `1` otherwise), the number of digits, and the digits. For a negative number, each digit of both is subtracted from 9.
 *
 * @throws ValueError for more than 40 digits
 */
export function encodeBigint(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString();
  if (digits.length > limits.bigintDigits) {
    throw new ValueError(`must have at most ${limits.bigintDigits} digits.`);
  }
  return value < 0n ? `0${complement(pad(digits.length))}${complement(digits)}` : `1${pad(digits.length)}${digits}`;
}

export function decodeBigint(text: string): bigint {
  const digits = text.slice(3);
  return text.startsWith("0") ? -BigInt(complement(digits)) : BigInt(digits);
}

function pad(length: number): string {
  return String(length).padStart(2, "0");
}

/** Subtracts each digit from 9. */
function complement(digits: string): string {
  return Array.from(digits, (digit) => 9 - Number(digit)).join("");
}
