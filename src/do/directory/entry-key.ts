import type { EntryPosition } from "../../shared/directory.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { hashId } from "./shard-of.js";

/** Keys per millisecond. Keys of entries that were created until the year 2248 are safe integers. */
const KEYS_PER_MS = 1024;

/**
 * The key under which a shard stores an entry. Keys are in the order of creation, so that a page is a range of keys, also in the
 * index for searches.
 */
export function entryKey(id: string, createdAt: number): number {
  return firstKeyAt(createdAt) + (hashId(id) % KEYS_PER_MS);
}

/** The lowest key of the entries that were created at a time or later. */
export function firstKeyAt(time: number): number {
  return time * KEYS_PER_MS;
}

export function formatPosition({ key, id }: EntryPosition): string {
  return `${key.toString(36)}.${id}`;
}

/** @throws ReasonedError BAD_REQUEST (CURSOR_INVALID) */
export function parsePosition(cursor: string): EntryPosition {
  const [, digits, id] = /^([\da-z]{1,11})\.([\w-]{1,128})$/.exec(cursor) ?? [];
  const key = digits === undefined ? Number.NaN : Number.parseInt(digits, 36);
  if (id !== undefined && Number.isSafeInteger(key)) return { key, id };
  throw new ReasonedError({
    code: "BAD_REQUEST",
    reason: "CURSOR_INVALID",
    message: "This cursor is not valid. Pass the nextCursor of the previous page, or no cursor for the first page.",
  });
}
