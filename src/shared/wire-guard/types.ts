import { limits } from "../limits.js";
import { WireError } from "./wire-error.js";
import { misfit } from "./parse-path.js";

const BIGINT = new RegExp(`^-?[0-9]{1,${limits.bigintDigits}}$`);
const NUMBERS: readonly unknown[] = ["NaN", "Infinity", "-Infinity", "-0"];

/** The annotations that are accepted, and how the JSON under each must look for superjson to read it safely. */
const CHECKS: ReadonlyMap<string, (json: unknown) => void> = new Map([
  ["undefined", (json) => fits(json === null)],
  ["number", (json) => fits(NUMBERS.includes(json))],
  ["Date", checkDate],
  ["bigint", checkBigint],
  ["set", (json) => fits(Array.isArray(json))],
  ["map", (json) => fits(Array.isArray(json) && json.every((entry) => Array.isArray(entry) && entry.length === 2))],
]);

/**
 * Checks that one annotated value may become what its annotation says.
 *
 * @throws WireError
 */
export function checkType(type: unknown, json: unknown): void {
  if (Array.isArray(type)) {
    // Any other typed array takes a mere length from a number and allocates it: 1e9 means gigabytes.
    if (type.length !== 2 || type[0] !== "typed-array" || type[1] !== "Uint8Array") throw unaccepted();
    fits(Array.isArray(json) && json.every(isByte));
    return;
  }
  const check = typeof type === "string" ? CHECKS.get(type) : undefined;
  if (!check) throw unaccepted();
  check(json);
}

function checkDate(json: unknown): void {
  const date = new Date(typeof json === "string" ? json : Number.NaN);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== json) {
    throw new WireError("The input holds a Date that is none. Send what toISOString() of a valid Date returns.");
  }
}

function checkBigint(json: unknown): void {
  if (typeof json === "string" && BIGINT.test(json)) return;
  throw new WireError(
    `The input holds a bigint that is no whole number of at most ${limits.bigintDigits} digits. Send a longer one as text.`,
  );
}

function isByte(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

function fits(does: boolean): void {
  if (!does) throw misfit();
}

function unaccepted(): WireError {
  return new WireError(
    "The input holds a type that is not accepted, such as a RegExp, an Error, a URL or a class. " +
      "Send JSON, Date, bigint, Map, Set, undefined or Uint8Array.",
  );
}
