/** Stands for an input when what is asked for is the query, kept current. */
export class WatchedInput {
  readonly input: unknown;

  constructor(input: unknown) {
    this.input = input;
  }

  /** The call that keeps it current. */
  toCall(path: string): { readonly path: "_live"; readonly input: object } {
    const { input } = this;
    // Outside as well: it says whose object the call goes to.
    const owner = typeof input === "object" && input !== null && "organizationId" in input;
    return { path: "_live", input: { ...(owner && { organizationId: input.organizationId }), path, input } };
  }
}

/**
 * The results of a query, now and whenever they change: `for await (const posts of watchQuery(caller.posts.list))`.
 * `caller` is one of {@link createCaller}'s. The object sleeps in between. Leaving the loop ends it.
 *
 * Throws what the query does, and SERVICE_UNAVAILABLE when the object was restarted: begin again then.
 */
export async function* watchQuery<TInput, TOutput>(
  procedure: (input: TInput) => Promise<TOutput>,
  ...[input]: undefined extends TInput ? [input?: TInput] : [input: TInput]
): AsyncGenerator<TOutput, void> {
  // A caller's procedures take it in place of the input, and answer the stream instead of the one result.
  const watched = procedure as unknown as (input: WatchedInput) => Promise<AsyncIterable<{ readonly data: TOutput }>>;
  for await (const { data } of await watched(new WatchedInput(input))) yield data;
}
