const list = ["__proto__", "constructor", "prototype"] as const;
const reservedKeys: ReadonlySet<string> = new Set(list);

/**
 * Whether a key of an object can reach the object's prototype. superjson refuses to send such a key, so nothing that has
 * one is accepted or stored.
 */
export function isReservedKey(key: string): boolean {
  return reservedKeys.has(key);
}

/** Whether an object has a reserved key of its own. */
export function hasReservedKey(value: object): boolean {
  return list.some((key) => Object.hasOwn(value, key));
}
