/**
 * Procedures that mail by an address. Their answer is the same with an account and without, but an object that stores
 * nothing yet takes longer to start than one that does, and these calls hash no password that would hide the difference.
 */
const BY_ADDRESS: ReadonlySet<string> = new Set(["auth.requestPasswordReset", "auth.requestDeviceLink"]);

/** In milliseconds: longer than an object usually takes to start and to answer, and too short for a user to notice. */
const SHORTEST_ANSWER = 100;

/**
 * Resolves when the answer to these calls may leave at the earliest, so that its time does not show whether an address
 * has an account; `undefined` if it may leave at once. Call it before the calls are sent.
 */
export function evenAnswerTime(calls: readonly { readonly path: string }[]): Promise<void> | undefined {
  if (!calls.some(({ path }) => BY_ADDRESS.has(path))) return undefined;
  return new Promise((resolve) => {
    setTimeout(resolve, SHORTEST_ANSWER);
  });
}
