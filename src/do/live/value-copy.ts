/** Stands for a value that is not copied, because only the transformer knows when two of its kind are equal. */
const UNKNOWN = Symbol("unknown value");

/**
 * Copies a value of plain objects, arrays, dates and primitives, so that code of the app that changes the original later does not
 * change the copy. Other values are left out: `isEqualToCopy` never counts them as equal.
 */
export function copyValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return isPrimitive(value) ? value : UNKNOWN;
  if (value instanceof Date) return isExactly(value, Date) ? new Date(value.getTime()) : UNKNOWN;
  if (Array.isArray(value)) return isDense(value) ? value.map(copyValue) : UNKNOWN;
  if (!isPlainObject(value)) return UNKNOWN;
  const copy: Record<string, unknown> = {};
  for (const key in value) copy[key] = copyValue(value[key]);
  return copy;
}

/** Whether a value is still what was copied, with the same order of keys. It may return false for equal values. */
export function isEqualToCopy(value: unknown, copy: unknown): boolean {
  if (typeof value !== "object" || value === null) return Object.is(value, copy);
  if (value instanceof Date)
    return copy instanceof Date && isExactly(value, Date) && value.getTime() === copy.getTime();
  if (Array.isArray(value)) return Array.isArray(copy) && isEqualArray(value, copy);
  return isPlainObject(value) && isPlainObject(copy) && isEqualObject(value, copy);
}

/** Whether an object is a literal, or has no prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isEqualArray(value: readonly unknown[], copy: readonly unknown[]): boolean {
  if (value.length !== copy.length || !isDense(value)) return false;
  for (let index = 0; index < value.length; index++) {
    if (!isEqualToCopy(value[index], copy[index])) return false;
  }
  return true;
}

function isEqualObject(value: Record<string, unknown>, copy: Record<string, unknown>): boolean {
  const keys = Object.keys(copy);
  let count = 0;
  for (const key in value) {
    if (key !== keys[count++] || !isEqualToCopy(value[key], copy[key])) return false;
  }
  return count === keys.length;
}

const isPrimitive = (value: unknown): boolean => typeof value !== "function" && typeof value !== "symbol";

const isExactly = (value: object, type: { readonly prototype: object }): boolean =>
  Object.getPrototypeOf(value) === type.prototype;

/** Whether an array has an element at each index and no other properties. */
const isDense = (value: readonly unknown[]): boolean => Object.keys(value).length === value.length;
