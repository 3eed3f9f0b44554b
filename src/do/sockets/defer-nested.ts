import { isNestedPromise } from "../../router/resolve-nested.js";
import type { LaterValue } from "../../shared/call.js";
import { isAsyncIterable, type createStreamScope } from "./stream-scope.js";
import type { OpenedResult } from "./opened.js";

export interface DeferNestedOptions {
  /** Creates the call that the stream belongs to. */
  readonly pending: typeof createStreamScope;
  /** Keeps a stream for the Worker, and returns the ticket for it. */
  readonly hold: (opened: OpenedResult) => string;
  readonly path: string;
}

/**
 * Removes promises and async iterables from a result that is sent as a stream. Each follows in a separate stream, so the client
 * gets the result before they are done. As in tRPC, only properties of the result itself are deferred.
 */
export function deferNested(
  result: unknown,
  { pending, hold, path }: DeferNestedOptions,
): { readonly data: unknown; readonly later?: readonly LaterValue[] } {
  if (typeof result !== "object" || result === null || Object.getPrototypeOf(result) !== Object.prototype)
    return { data: result };
  const later = Object.entries(result).flatMap(([key, value]: [string, unknown]): LaterValue[] => {
    if (isAsyncIterable(value)) return [{ key, kind: "iterable", ticket: hold(pending().opened(value, path)) }];
    if (!isNestedPromise(value)) return [];
    // The client may leave before the Worker opens the stream: a rejection must not be unhandled.
    value.catch(() => {});
    return [{ key, kind: "promise", ticket: hold(pending().opened(returning(value), path)) }];
  });
  if (later.length === 0) return { data: result };
  const others = Object.entries(result).filter(([key]) => !later.some((each) => each.key === key));
  return { data: Object.fromEntries(others), later };
}

// oxlint-disable-next-line require-yield -- what it returns is the one value that follows
async function* returning(promise: Promise<unknown>): AsyncGenerator<never, unknown> {
  return promise;
}
