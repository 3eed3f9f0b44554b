import { isNestedPromise } from "../../router/resolve-nested.js";
import type { LaterValue } from "../../shared/call.js";
import { isAsyncIterable, type createStreamScope, type OpenedResult } from "./stream-scope.js";

export interface DeferNestedOptions {
  /** Creates the scope of each deferred stream. */
  readonly createScope: typeof createStreamScope;
  /** Stores a stream until the Worker opens it, and returns the ticket that the Worker opens it with. */
  readonly storeStream: (opened: OpenedResult) => string;
  readonly path: string;
}

/**
 * Removes promises and async iterables from a result that is sent as a stream. Each follows in a separate stream, so the client
 * gets the result before they are done. As in tRPC, only properties of the result itself are deferred.
 */
export function deferNested(
  result: unknown,
  { createScope, storeStream, path }: DeferNestedOptions,
): { readonly data: unknown; readonly later?: readonly LaterValue[] } {
  if (typeof result !== "object" || result === null || Object.getPrototypeOf(result) !== Object.prototype)
    return { data: result };
  const later = Object.entries(result).flatMap(([key, value]: [string, unknown]): LaterValue[] => {
    if (isAsyncIterable(value))
      return [{ key, kind: "iterable", ticket: storeStream(createScope().opened(value, path)) }];
    if (!isNestedPromise(value)) return [];
    // The client may leave before the Worker opens the stream: a rejection must not be unhandled.
    value.catch(() => {});
    return [{ key, kind: "promise", ticket: storeStream(createScope().opened(returning(value), path)) }];
  });
  if (later.length === 0) return { data: result };
  const others = Object.entries(result).filter(([key]) => !later.some((each) => each.key === key));
  return { data: Object.fromEntries(others), later };
}

// oxlint-disable-next-line require-yield -- the stream consists of the returned value only
async function* returning(promise: Promise<unknown>): AsyncGenerator<never, unknown> {
  return promise;
}
