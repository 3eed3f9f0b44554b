type GetRawInput = () => Promise<unknown>;

/** The position at which a subscription resumes. */
export interface StreamCursor {
  /** The id of the last event that the client received; `undefined` for a new subscription. */
  readonly lastEventId: string | undefined;
}

/** The cursor by the function that reads a call's input, which tRPC passes to each of the call's middlewares. */
const cursors = new WeakMap<GetRawInput, StreamCursor>();

/** Creates the function that reads a subscription's input, and associates it with the cursor. */
export function rawInputWithCursor(input: unknown, lastEventId: string | undefined): GetRawInput {
  const getRawInput: GetRawInput = () => Promise.resolve(input);
  cursors.set(getRawInput, { lastEventId });
  return getRawInput;
}

/** The cursor of a subscription's call; `undefined` for other calls, and for calls of the app's own code. */
export function streamCursorOf(getRawInput: GetRawInput): StreamCursor | undefined {
  return cursors.get(getRawInput);
}
