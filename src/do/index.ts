/** Where it runs: the Durable Object of a user or an organization. */
export { createUserDO } from "./create-user-do.js";
export type { UserDOClass } from "./create-user-do.js";
export type { UserDOOptions } from "./options.js";
export type { SessionOptions } from "./accounts/session-options.js";
export type { ChangeLogRetention } from "./change-log-retention.js";
export type { SocketLimits } from "./sockets/socket-limits.js";
export type { UserDO } from "./user-do.js";
export type { ErrorReport, OnError } from "../router/run-call.js";
