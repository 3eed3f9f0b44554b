/** Runs work on all items, on a limited number of them at a time. Waits for all, and then throws the first error. */
export async function runPool<TItem>(
  items: Iterable<TItem>,
  limit: number,
  work: (item: TItem) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  async function runNext(): Promise<void> {
    for (let next = rest.next(); !next.done; next = rest.next()) await work(next.value);
  }
  const results = await Promise.allSettled(Array.from({ length: limit }, runNext));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
