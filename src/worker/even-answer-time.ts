/**
 * Procedures that mail by an address. Their answer is the same with an account and without, but an object that stores
 * nothing yet starts in another time than one that does, and no hash of a password hides that.
 */
const BY_ADDRESS: ReadonlySet<string> = new Set(["auth.requestPasswordReset", "auth.requestDeviceLink"]);

/** Milliseconds: more than an object takes to start and to answer, and less than anybody notices. */
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
