/** Whether a value is a promise, by the same test as tRPC's for nested values. */
export function isNestedPromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== "object" || value === null) return false;
  const { then, catch: onRejected } = value as Partial<Record<"then" | "catch", unknown>>;
  return typeof then === "function" && typeof onRejected === "function";
}

/**
 * Replaces each nested promise of a result by its value, because superjson would serialize a promise as `{}`. Promises are found in
 * plain objects, arrays, maps and sets.
 *
 * @returns the value itself, synchronously, if it contains no promise
 * @throws the error of the first promise that rejects
 */
export function resolveNested(value: unknown): unknown {
  return containsPromise(value) ? copy(value, new Map()) : value;
}

function containsPromise(value: unknown): boolean {
  const seen = new Set<object>();
  const open: unknown[] = [value];
  let found = false;
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    if (isNestedPromise(next)) {
      found = true;
      // Prevents an unhandled rejection while another promise is awaited.
      next.catch(() => {});
    } else {
      for (const part of partsOf(next)) open.push(part);
    }
  }
  return found;
}

function partsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value)) return value as unknown[];
  if (value instanceof Map) return Array.from(value as Map<unknown, unknown>).flat();
  if (value instanceof Set) return value as Set<unknown>;
  return isPlain(value) ? Object.values(value) : [];
}

/** @param copies the copies by their original, because a result can contain itself */
async function copy(value: unknown, copies: Map<object, unknown>): Promise<unknown> {
  if (typeof value !== "object" || value === null) return value;
  if (isNestedPromise(value)) {
    const resolved = await value;
    return copy(resolved, copies);
  }
  if (copies.has(value)) return copies.get(value);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    copies.set(value, items);
    for (const item of value as unknown[]) items.push(await copy(item, copies));
    return items;
  }
  if (value instanceof Map) {
    const entries = new Map<unknown, unknown>();
    copies.set(value, entries);
    for (const [key, item] of value) entries.set(await copy(key, copies), await copy(item, copies));
    return entries;
  }
  if (value instanceof Set) {
    const items = new Set<unknown>();
    copies.set(value, items);
    for (const item of value) items.add(await copy(item, copies));
    return items;
  }
  if (!isPlain(value)) return value;
  const fields = Object.create(Object.getPrototypeOf(value) as object | null) as object;
  copies.set(value, fields);
  for (const [key, item] of Object.entries(value)) {
    const resolved = await copy(item, copies);
    Object.defineProperty(fields, key, { value: resolved, enumerable: true, configurable: true, writable: true });
  }
  return fields;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
