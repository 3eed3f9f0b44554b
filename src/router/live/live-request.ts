const REQUEST = Symbol("trpc-userdo.live");

/** A query that is to be kept current. */
export interface LiveRequest {
  /** The query's own path. */
  readonly path: string;
  /** And its input, not yet parsed by it. */
  readonly input?: unknown;
  /** The id of the event that a client comes back with. */
  readonly lastEventId?: string | undefined;
}

/** What `_live` answers: the Durable Object reads it, and keeps the query current for whoever subscribed. */
export type LiveQuery = AsyncIterable<{ readonly id: string; readonly data: unknown }>;

export function toLiveQuery(request: LiveRequest): LiveQuery {
  return {
    [REQUEST]: request,
    [Symbol.asyncIterator](): never {
      throw new Error("A live query is told over a socket, or to a caller of another Worker: subscribe to `_live`.");
    },
  } as LiveQuery;
}

/** The query that a subscription's result asks for, if it is one of `_live`. */
export function describeLiveQuery(result: unknown): LiveRequest | undefined {
  return typeof result === "object" && result !== null && REQUEST in result
    ? (result[REQUEST] as LiveRequest)
    : undefined;
}
