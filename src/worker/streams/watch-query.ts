import { liveInputOf, type LiveInput } from "../../shared/live-input.js";
import { abortOnReturn } from "./abort-on-return.js";

/** Replaces the input of a query that a server-side caller watches. */
export class WatchedInput {
  readonly input: unknown;

  constructor(input: unknown) {
    this.input = input;
  }

  /** The call of the subscription that watches the query. */
  toCall(path: string): { readonly path: "_live"; readonly input: LiveInput } {
    return { path: "_live", input: liveInputOf(path, this.input) };
  }
}

/**
 * Yields the result of a query, and each new result after a change. The object hibernates in between. Leaving the loop ends
 * the subscription.
 *
 * @example
 * ```ts
 * const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId });
 * for await (const posts of watchQuery(caller.posts.list)) console.log(posts.length);
 * ```
 * @param procedure a query of a caller that {@link createCaller} returned
 * @throws TRPCError of the query; SERVICE_UNAVAILABLE (OBJECT_RESET) if the object was restarted: watch the query again
 */
export function watchQuery<TInput, TOutput>(
  procedure: (input: TInput) => Promise<TOutput>,
  ...[input]: undefined extends TInput ? [input?: TInput] : [input: TInput]
): AsyncGenerator<TOutput, void> {
  // For a WatchedInput, a caller's procedures return a stream of results instead of one result.
  const watch = procedure as unknown as (input: WatchedInput) => Promise<AsyncGenerator<{ readonly data: TOutput }>>;
  const stopped = new AbortController();
  async function* results(): AsyncGenerator<TOutput, void> {
    const stream = await watch(new WatchedInput(input));
    const stop = (): void => void stream.return(undefined);
    if (stopped.signal.aborted) return stop();
    stopped.signal.addEventListener("abort", stop, { once: true });
    for await (const { data } of stream) yield data;
  }
  return abortOnReturn(results(), () => stopped.abort());
}
