/** Which rows of a table a source tells of. Plain data: it is kept with the subscription while the object sleeps. */
export type RowFilter = { readonly id: string } | { readonly prefix: string };

/** Whether it lets a row through. None lets all. */
export function matchesRow(filter: RowFilter | undefined, id: string): boolean {
  if (!filter) return true;
  return "id" in filter ? filter.id === id : id.startsWith(filter.prefix);
}

/** Ids that many filters are matched against, each without looking at all of them. */
export interface IdSet {
  /** Whether a filter matches any of the ids. */
  matches(filter: RowFilter): boolean;
}

export function createIdSet(ids: readonly string[]): IdSet {
  const all = new Set(ids);
  let sorted: readonly string[] | undefined;

  /** The first id that does not come before a text. Those that begin with the text follow it. */
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
