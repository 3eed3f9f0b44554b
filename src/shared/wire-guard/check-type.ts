import { limits } from "../limits.js";
import { metaMismatch, WireError } from "./wire-error.js";

const BIGINT = new RegExp(`^-?[0-9]{1,${limits.bigintDigits}}$`);
const NUMBERS: readonly unknown[] = ["NaN", "Infinity", "-Infinity", "-0"];

/** The accepted annotations. Each has a check of the JSON value, without which superjson could not convert it safely. */
const CHECKS: ReadonlyMap<string, (json: unknown) => void> = new Map([
  ["undefined", (json) => assertMatch(json === null)],
  ["number", (json) => assertMatch(NUMBERS.includes(json))],
  ["Date", checkDate],
  ["bigint", checkBigint],
  ["set", (json) => assertMatch(Array.isArray(json))],
  [
    "map",
    (json) => assertMatch(Array.isArray(json) && json.every((entry) => Array.isArray(entry) && entry.length === 2)),
  ],
]);

/**
 * Checks that superjson can convert an annotated value to the type of its annotation.
 *
 * @throws WireError
 */
export function checkType(type: unknown, json: unknown): void {
  if (Array.isArray(type)) {
    // superjson creates the other typed arrays from a number as their length: 1e9 allocates gigabytes.
    if (type.length !== 2 || type[0] !== "typed-array" || type[1] !== "Uint8Array") throw unsupportedType();
    assertMatch(Array.isArray(json) && json.every(isByte));
    return;
  }
  const check = typeof type === "string" ? CHECKS.get(type) : undefined;
  if (!check) throw unsupportedType();
  check(json);
}

function checkDate(json: unknown): void {
  const date = new Date(typeof json === "string" ? json : Number.NaN);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== json) {
    throw new WireError("The input contains an invalid Date. Send what toISOString() of a valid Date returns.");
  }
}

function checkBigint(json: unknown): void {
  if (typeof json === "string" && BIGINT.test(json)) return;
  throw new WireError(
    `The input contains a bigint that is not a whole number of at most ${limits.bigintDigits} digits. Send a longer number as a string.`,
  );
}

function isByte(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

function assertMatch(isMatch: boolean): void {
  if (!isMatch) throw metaMismatch();
}

function unsupportedType(): WireError {
  return new WireError(
    "The input contains a type that is not accepted, such as a RegExp, an Error, a URL or a class. " +
      "Send JSON, Date, bigint, Map, Set, undefined or Uint8Array.",
  );
}
