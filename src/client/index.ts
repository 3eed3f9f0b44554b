/** The browser's (or Node's) side: tRPC's own client over the right transport for each call. */
export { createClient } from "./create-client.js";
export { onSignInChange } from "./sign-in-events.js";
export { userdoLink } from "./userdo-link.js";
export type { SignInChange, SignInListener } from "./sign-in-events.js";
export type { User } from "../shared/account.js";
export type { SessionTokens } from "../shared/call.js";
export type { TokenStore } from "./token-keeper.js";
export type { UserDOLinkOptions } from "./userdo-link.js";
