/** The browser's (or Node's) side: tRPC's own client over the right transport for each call. */
export { createClient } from "./create-client.js";
export { connectLive } from "./live/connect-live.js";
export { live } from "./live/live.js";
export { errorReason } from "../shared/error-reason.js";
export { onSignInChange } from "./sign-in-events.js";
export { userdoLink } from "./userdo-link.js";
export { watchQuery } from "./watch-query.js";
export type { LiveBridgeOptions } from "./live/create-live-bridge.js";
export type { LiveConnection } from "./live/connect-live.js";
export type { LiveStatus } from "./live/live-status.js";
export type { SignInChange, SignInListener } from "./sign-in-events.js";
export type { ErrorReason } from "../shared/error-reason.js";
export type { User } from "../shared/account.js";
export type { SocketClass } from "./socket-class.js";
export type { SessionTokens } from "../shared/call.js";
export type { TokenStore } from "./token-keeper.js";
export type { UserDOLinkOptions } from "./userdo-link.js";
export type { WatchedProcedure, WatchQueryOptions } from "./watch-query.js";
