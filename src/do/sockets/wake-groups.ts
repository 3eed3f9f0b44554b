import { ANY_CHANGE } from "./wake-keys.js";

/** Sockets that wait for the same changes of a table. */
export interface WakeGroup {
  readonly keys: ReadonlySet<number>;
  readonly sockets: ReadonlySet<number>;
}

/** Maximum number of 32-bit numbers in one row, which is 1 MB. The platform limits a value to 2 MB. */
const MAX_NUMBERS = 250_000;

/** Groups sockets with equal keys, because many sockets of an object often have the same subscriptions. */
export function groupSockets(keysOf: ReadonlyMap<number, ReadonlySet<number>>): WakeGroup[] {
  const groups = new Map<string, { keys: ReadonlySet<number>; sockets: Set<number> }>();
  for (const [socket, keys] of keysOf) {
    if (keys.size === 0) continue;
    const text = [...keys].toSorted((one, other) => one - other).join();
    const group = groups.get(text) ?? { keys, sockets: new Set<number>() };
    group.sockets.add(socket);
    groups.set(text, group);
  }
  return [...groups.values()];
}

/** Returns the keys of each socket. */
export function keysOfSockets(groups: readonly WakeGroup[]): Map<number, ReadonlySet<number>> {
  const all = new Map<number, ReadonlySet<number>>();
  for (const { keys, sockets } of groups) {
    for (const socket of sockets) {
      const known = all.get(socket);
      all.set(socket, known ? new Set([...known, ...keys]) : keys);
    }
  }
  return all;
}

/**
 * Encodes groups as a BLOB. Each group is its number of keys, its number of sockets, the keys and the sockets. If the BLOB would be
 * too long for a row, it has one group instead, whose sockets every change concerns.
 */
export function encodeGroups(groups: readonly WakeGroup[], maxNumbers = MAX_NUMBERS): ArrayBuffer {
  const length = groups.reduce((sum, { keys, sockets }) => sum + 2 + keys.size + sockets.size, 0);
  if (length > maxNumbers) {
    const sockets = new Set(groups.flatMap((group) => [...group.sockets]));
    return encodeGroups([{ keys: new Set([ANY_CHANGE]), sockets }], Infinity);
  }
  const buffer = new ArrayBuffer(length * 4);
  const numbers = new Uint32Array(buffer);
  let position = 0;
  for (const { keys, sockets } of groups) {
    numbers[position++] = keys.size;
    numbers[position++] = sockets.size;
    for (const key of keys) numbers[position++] = key;
    for (const socket of sockets) numbers[position++] = socket;
  }
  return buffer;
}

/** Calls `visit` with the keys and the sockets of each group, without copying them. */
function forEachGroup(buffer: ArrayBuffer, visit: (keys: Uint32Array, sockets: Uint32Array) => void): void {
  const numbers = new Uint32Array(buffer);
  for (let position = 0; position < numbers.length;) {
    const firstSocket = position + 2 + (numbers[position] ?? 0);
    const end = firstSocket + (numbers[position + 1] ?? 0);
    visit(numbers.subarray(position + 2, firstSocket), numbers.subarray(firstSocket, end));
    position = end;
  }
}

export function decodeGroups(buffer: ArrayBuffer): WakeGroup[] {
  const groups: WakeGroup[] = [];
  forEachGroup(buffer, (keys, sockets) => groups.push({ keys: new Set(keys), sockets: new Set(sockets) }));
  return groups;
}

/** Adds the sockets of the groups that have one of the keys to `found`. Without keys, adds the sockets of all groups. */
export function addSocketsWithKeys(
  found: Set<number>,
  buffer: ArrayBuffer,
  keys: ReadonlySet<number> | undefined,
): void {
  forEachGroup(buffer, (own, sockets) => {
    if (keys === undefined || own.some((key) => keys.has(key))) for (const socket of sockets) found.add(socket);
  });
}
