/** Selects rows of a table. Plain data, because it is stored with the subscription while the object hibernates. */
export type RowFilter = { readonly id: string } | { readonly prefix: string };

/** Whether a filter matches a row. No filter matches all rows. */
export function matchesRow(filter: RowFilter | undefined, id: string): boolean {
  if (!filter) return true;
  return "id" in filter ? filter.id === id : id.startsWith(filter.prefix);
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
      "id" in filter ? all.has(filter.id) : (firstFrom(filter.prefix)?.startsWith(filter.prefix) ?? false),
  };
}
