/**
 * Where a resumed subscription left off, as far as its input says it: so a server caller does, and a stock client that
 * tries again by itself (`retryLink`, an event stream that it opens anew). One beside the input is newer.
 */
export function lastEventIdIn(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !("lastEventId" in input)) return undefined;
  return typeof input.lastEventId === "string" ? input.lastEventId : undefined;
}
