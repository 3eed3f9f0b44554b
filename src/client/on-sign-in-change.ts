import { stateOf } from "./client-state.js";
import type { SignInListener } from "./sign-in-events.js";

/**
 * Calls the listener when a user signs in or out: by a call of this client, in another tab, or because the session ended.
 *
 * @returns the function that removes the listener
 * @throws Error for a client that `createClient` did not create
 * @example
 * ```ts
 * const stop = onSignInChange(trpc, (change) => {
 *   if (change === "signedOut") location.assign("/sign-in");
 * });
 * ```
 */
export function onSignInChange(client: object, listener: SignInListener): () => void {
  const events = stateOf(client)?.signIn;
  if (!events) throw new Error("Pass onSignInChange to userdoLink, or use createClient.");
  return events.listen(listener);
}
