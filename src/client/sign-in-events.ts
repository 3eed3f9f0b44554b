import type { User } from "../shared/account.js";
import type { SignInChange } from "./other-tabs.js";

/** Called with a change of sign-in, and with the user who signed in. Without a user if the change came from another tab. */
export type SignInListener = (change: SignInChange, user?: User) => void;

/** Returns how a successful call changes the sign-in; `undefined` if it does not. */
export function signInChangeOf(path: string): SignInChange | undefined {
  if (/^auth\.(signup|login)$/.test(path)) return "signedIn";
  return /^(auth\.logout(Everywhere)?|account\.delete)$/.test(path) ? "signedOut" : undefined;
}

/** Whether a call returns the tokens of a new session. A change of password also starts one, for the same user. */
export function givesTokens(path: string): boolean {
  return signInChangeOf(path) === "signedIn" || path === "auth.changePassword";
}
