const REQUEST = Symbol("trpc-userdo.live");

/** A live query that a client subscribes to. */
export interface LiveRequest {
  /** The query's own path. */
  readonly path: string;
  /** The query's input, before it is parsed. */
  readonly input?: unknown;
  /** The id of the last event that a resuming client received. */
  readonly lastEventId?: string | undefined;
}

/** The result of `_live`. The Durable Object reads the request from it and runs the query. */
export type LiveQueryResult = AsyncIterable<{ readonly id: string; readonly data: unknown }>;

export function createLiveQueryResult(request: LiveRequest): LiveQueryResult {
  return {
    [REQUEST]: request,
    [Symbol.asyncIterator](): never {
      throw new Error(
        "`_live` cannot be iterated here. Subscribe to it over a socket, or with watchQuery() in another Worker.",
      );
    },
  } as LiveQueryResult;
}

/** The live query that a subscription's result requests; `undefined` if the subscription is not `_live`. */
export function liveRequestOf(result: unknown): LiveRequest | undefined {
  return typeof result === "object" && result !== null && REQUEST in result
    ? (result[REQUEST] as LiveRequest)
    : undefined;
}
