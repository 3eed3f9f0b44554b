type GetRawInput = () => Promise<unknown>;

/** Where a subscription resumes. */
export interface StreamCursor {
  /** The id of the last event that the client received; `undefined` for a subscription that starts. */
  readonly lastEventId: string | undefined;
}

/** By the function that reads a call's input: tRPC passes the same one to each of the call's middlewares. */
const cursors = new WeakMap<GetRawInput, StreamCursor>();

/** Reads a subscription's input, with the cursor beside it. The framework's dispatchers call procedures with it. */
export function rawInputWithCursor(input: unknown, lastEventId: string | undefined): GetRawInput {
  const getRawInput: GetRawInput = () => Promise.resolve(input);
  cursors.set(getRawInput, { lastEventId });
  return getRawInput;
}

/** The cursor of a subscription's call; `undefined` for other calls, and for those that the app's own code makes. */
export function streamCursorOf(getRawInput: GetRawInput): StreamCursor | undefined {
  return cursors.get(getRawInput);
}
