import { leaveAtOnce } from "./leave-at-once.js";

import { liveInputOf, type LiveInput } from "../../shared/live-input.js";

/** Stands for an input when what is asked for is the query, kept current. */
export class WatchedInput {
  readonly input: unknown;

  constructor(input: unknown) {
    this.input = input;
  }

  /** The call that keeps it current. */
  toCall(path: string): { readonly path: "_live"; readonly input: LiveInput } {
    return { path: "_live", input: liveInputOf(path, this.input) };
  }
}

/**
 * The results of a query, now and whenever they change: `for await (const posts of watchQuery(caller.posts.list))`.
 * `caller` is one of {@link createCaller}'s. The object sleeps in between. Leaving the loop ends it.
 *
 * @throws TRPCError as the query does, and SERVICE_UNAVAILABLE when the object was restarted: begin again then
 */
export function watchQuery<TInput, TOutput>(
  procedure: (input: TInput) => Promise<TOutput>,
  ...[input]: undefined extends TInput ? [input?: TInput] : [input: TInput]
): AsyncGenerator<TOutput, void> {
  // A caller's procedures take it in place of the input, and answer the stream instead of the one result.
  const watched = procedure as unknown as (input: WatchedInput) => Promise<AsyncGenerator<{ readonly data: TOutput }>>;
  const stream = new AbortController();
  async function* results(): AsyncGenerator<TOutput, void> {
    const told = await watched(new WatchedInput(input));
    const leave = (): void => void told.return(undefined);
    if (stream.signal.aborted) return leave();
    stream.signal.addEventListener("abort", leave, { once: true });
    for await (const { data } of told) yield data;
  }
  return leaveAtOnce(results(), () => stream.abort());
}
