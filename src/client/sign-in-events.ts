import type { User } from "../shared/account.js";
import type { OtherTabs, SignInChange } from "./other-tabs.js";

/** Is told of a change, and who it is that signed in, where that is known: another tab does not say. */
export type SignInListener = (change: SignInChange, user?: User) => void;

/** Who wants to know of it. */
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

/** What a call that succeeded means for who is signed in; `undefined` for nothing. */
export function signInChangeOf(path: string): SignInChange | undefined {
  if (/^auth\.(signup|login)$/.test(path)) return "signedIn";
  return /^(auth\.logout(Everywhere)?|account\.delete)$/.test(path) ? "signedOut" : undefined;
}

/** Whether a call answers with the tokens of a new session. A new password gives the same user one. */
export function givesTokens(path: string): boolean {
  return signInChangeOf(path) === "signedIn" || path === "auth.changePassword";
}

// A tRPC client is a proxy that answers any property, so nothing can be kept on it.
const eventsOf = new WeakMap<object, SignInEvents>();

export function rememberSignInEvents(client: object, events: SignInEvents): void {
  eventsOf.set(client, events);
}

/** The connection of a client to the other tabs; none outside of a browser. */
export function otherTabsOf(client: object): OtherTabs | undefined {
  return eventsOf.get(client)?.tabs;
}

/**
 * Tells when somebody signed in or out: by a call of this client, in another tab, or because the session turned out to
 * be over. Gives the function that stops it.
 *
 * @throws Error for a client that `createClient` did not make
 */
export function onSignInChange(client: object, listener: SignInListener): () => void {
  const events = eventsOf.get(client);
  if (!events) throw new Error("Pass onSignInChange to userdoLink, or use createClient.");
  return events.listen(listener);
}
