/** Selects rows of a table. Plain data, because it is stored with the subscription while the object hibernates. */
export type RowFilter =
  | { readonly id: string }
  | { readonly prefix: string }
  | { readonly prefixes: readonly string[] };

/** Whether a filter matches a row. No filter matches all rows. */
export function matchesRow(filter: RowFilter | undefined, id: string): boolean {
  if (!filter) return true;
  return "id" in filter ? filter.id === id : prefixesOf(filter).some((prefix) => id.startsWith(prefix));
}

/** The prefixes of the ids that a filter matches; none for a filter of one id. */
export function prefixesOf(filter: RowFilter): readonly string[] {
  if ("id" in filter) return [];
  return "prefix" in filter ? [filter.prefix] : filter.prefixes;
}

/** A set of ids that is matched against many filters without a scan for each. */
export interface IdSet {
  /** Whether a filter matches any of the ids. */
  matches(filter: RowFilter): boolean;
}

export function createIdSet(ids: readonly string[]): IdSet {
  const all = new Set(ids);
  let sorted: readonly string[] | undefined;

  /** Returns the first id, in order, that is not less than a text. Ids that begin with the text start there. */
  function firstFrom(text: string): string | undefined {
    sorted ??= [...all].sort();
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? "") < text) low = middle + 1;
      else high = middle;
    }
    return sorted[low];
  }

  return {
    matches: (filter) =>
      "id" in filter
        ? all.has(filter.id)
        : prefixesOf(filter).some((prefix) => firstFrom(prefix)?.startsWith(prefix) ?? false),
  };
}
