import type { User } from "../shared/account.js";
import type { OtherTabs, SignInChange } from "./other-tabs.js";

/** Called with a change of sign-in, and with the user who signed in. Without a user if the change came from another tab. */
export type SignInListener = (change: SignInChange, user?: User) => void;

/** The listeners for changes of sign-in. */
export interface SignInEvents {
  /** The client's connection to the other tabs, in a browser. */
  tabs?: OtherTabs | undefined;
  readonly emit: SignInListener;
  listen(listener: SignInListener): () => void;
}

export function createSignInEvents(): SignInEvents {
  const listeners = new Set<SignInListener>();
  return {
    emit(change, user) {
      for (const listener of listeners) listener(change, user);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Returns how a successful call changes the sign-in; `undefined` if it does not. */
export function signInChangeOf(path: string): SignInChange | undefined {
  if (/^auth\.(signup|login)$/.test(path)) return "signedIn";
  return /^(auth\.logout(Everywhere)?|account\.delete)$/.test(path) ? "signedOut" : undefined;
}

/** Whether a call returns the tokens of a new session. A change of password also starts one, for the same user. */
export function givesTokens(path: string): boolean {
  return signInChangeOf(path) === "signedIn" || path === "auth.changePassword";
}

// A tRPC client is a proxy that returns a value for any property, so state cannot be stored on it.
const eventsOf = new WeakMap<object, SignInEvents>();

export function rememberSignInEvents(client: object, events: SignInEvents): void {
  eventsOf.set(client, events);
}

/** Returns the connection of a client to the other tabs; `undefined` outside a browser. */
export function otherTabsOf(client: object): OtherTabs | undefined {
  return eventsOf.get(client)?.tabs;
}

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
  const events = eventsOf.get(client);
  if (!events) throw new Error("Pass onSignInChange to userdoLink, or use createClient.");
  return events.listen(listener);
}
