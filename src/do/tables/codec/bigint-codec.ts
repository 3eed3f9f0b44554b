import { limits } from "../../../shared/limits.js";
import { ValueError } from "./value-error.js";

/**
 * A bigint as text that sorts like the number: a sign (`0` below `1`), how many digits there are, the digits. A
 * negative one counts both down from nines. So `<` and ORDER BY are right, and an index serves them.
 */
export function encodeBigint(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString();
  if (digits.length > limits.bigintDigits) throw new ValueError(`has more than ${limits.bigintDigits} digits.`);
  return value < 0n ? `0${ninesLess(pad(digits.length))}${ninesLess(digits)}` : `1${pad(digits.length)}${digits}`;
}

/** Reads it back. */
export function decodeBigint(text: string): bigint {
  const digits = text.slice(3);
  return text.startsWith("0") ? -BigInt(ninesLess(digits)) : BigInt(digits);
}

function pad(length: number): string {
  return String(length).padStart(2, "0");
}

function ninesLess(digits: string): string {
  return Array.from(digits, (digit) => 9 - Number(digit)).join("");
}
