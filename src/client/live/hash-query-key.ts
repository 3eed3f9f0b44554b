import superjson from "superjson";

/**
 * Hashes a query key of any values that superjson supports: bigints, dates, Maps, Sets and more. For a key of
 * plain JSON, the hash equals that of TanStack Query's `hashKey`: keys of objects are sorted, and undefined members are
 * ignored. `new String("a")`, `new Number(1)` and `new Boolean(true)` count as the value that they contain, because
 * they are sent as that value.
 *
 * @throws TypeError for `Object(1n)`, which cannot be sent
 */
export function hashQueryKey(queryKey: readonly unknown[]): string {
  return hash(queryKey, []);
}

function hash(value: unknown, parents: readonly unknown[]): string {
  // Neither this reference nor the prefixes below are valid JSON, so that no other key has the same hash.
  if (parents.includes(value)) return `^${parents.indexOf(value)}`;
  const path = [...parents, value];
  const list = (items: Iterable<unknown>): string => `[${Array.from(items, (item) => hash(item, path)).join()}]`;

  if (Array.isArray(value)) return list(value);
  if (value instanceof Map) return `Map${list(value)}`;
  if (value instanceof Set) return `Set${list(value)}`;
  if (value instanceof Error) {
    const { name, message, cause } = value;
    return `Error${hashRecord({ name, message, cause }, (item) => hash(item, path))}`;
  }
  if (isRecord(value)) return hashRecord(value, (item) => hash(item, path));
  const { json, meta } = superjson.serialize(value);
  if (meta) return `${JSON.stringify(meta.values)}${JSON.stringify(json)}`;
  // An instance of a class, which superjson serializes as JSON does.
  if (typeof value === "object" && value !== null && !("toJSON" in value) && !isSentAsPrimitive(value)) {
    return hashRecord(value as Record<string, unknown>, (item) => hash(item, path));
  }
  return String(JSON.stringify(value));
}

function hashRecord(record: Readonly<Record<string, unknown>>, hashItem: (item: unknown) => string): string {
  const keys = Object.keys(record).filter((key) => record[key] !== undefined);
  // JSON writes integer-like keys first.
  const ordered = Object.keys(Object.fromEntries(keys.sort().map((key) => [key, true])));
  return `{${ordered.map((key) => `${JSON.stringify(key)}:${hashItem(record[key])}`).join()}}`;
}

/** Whether JSON writes an object as the primitive that it contains. */
function isSentAsPrimitive(value: object): boolean {
  if (value instanceof BigInt) {
    throw new TypeError("A query key contains a BigInt object, such as `Object(1n)`. Use the bigint itself: `1n`.");
  }
  return value instanceof String || value instanceof Number || value instanceof Boolean;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || "toJSON" in value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
