import type { LaterValue } from "../../shared/call.js";

/**
 * Adds promises and async iterables to a result, which tRPC then streams to the client.
 *
 * @param open reads the stream of a ticket
 */
export function withLaterValues(
  data: unknown,
  later: readonly LaterValue[],
  open: (ticket: string) => AsyncIterable<unknown>,
): unknown {
  const values = later.map(({ key, kind, ticket }) => [
    key,
    kind === "iterable" ? open(ticket) : returnedBy(open(ticket)),
  ]);
  return { ...(data as object), ...(Object.fromEntries(values) as object) };
}

function returnedBy(stream: AsyncIterable<unknown>): Promise<unknown> {
  const returned = stream[Symbol.asyncIterator]()
    .next()
    .then(({ value }) => value as unknown);
  // If the client disconnects first, tRPC never awaits this promise.
  returned.catch(() => {});
  return returned;
}
