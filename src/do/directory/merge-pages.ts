import type { EntryPosition } from "../../shared/directory.js";

interface ListedEntry extends EntryPosition {
  readonly version: number;
}

/**
 * Merges the pages of all shards, each with up to one entry more than the limit, into one. While the number of shards is being
 * changed, two shards can have an entry of the same id: the newer one is listed.
 */
export function mergePages<TEntry extends ListedEntry>(
  pages: readonly (readonly TEntry[])[],
  limit: number,
): { readonly entries: TEntry[]; readonly next: EntryPosition | undefined } {
  const newest = new Map<string, TEntry>();
  for (const entry of pages.flat()) {
    const other = newest.get(entry.id);
    if (!other || other.version < entry.version) newest.set(entry.id, entry);
  }
  const sorted = [...newest.values()].toSorted(byPosition);
  const entries = sorted.slice(0, limit);
  return { entries, next: sorted.length > limit ? entries.at(-1) : undefined };
}

/** The newest first, as the shards list them. */
function byPosition(one: EntryPosition, other: EntryPosition): number {
  return other.key - one.key || (one.id < other.id ? -1 : 1);
}
