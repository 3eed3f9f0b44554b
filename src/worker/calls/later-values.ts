import type { LaterValue } from "../../shared/call.js";

/**
 * A result with the promises and async iterables that follow it. tRPC sends each as soon as it is done.
 *
 * @param open reads the stream that a ticket is for
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
  // The client may leave before tRPC asks for it.
  returned.catch(() => {});
  return returned;
}
