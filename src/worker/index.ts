/** The door: HTTP and sockets in front of the Durable Objects, and the way in for other Workers. */
export { errorReason } from "../shared/error-reason.js";
export { createCaller } from "./create-caller.js";
export { createHandler } from "./create-handler.js";
export { createLoadSession } from "./create-load-session.js";
export { createWorker } from "./create-worker.js";
export { getUserDO } from "./get-user-do.js";
export { isAllowedOrigin } from "./is-allowed-origin.js";
export { watchQuery } from "./watch-query.js";
export type { CallerFactory, ServerCaller } from "./create-caller.js";
export type { LoadedSession, LoadSession, LoadSessionOptions } from "./create-load-session.js";
export type { CookieOptions } from "./cookies/cookie-options.js";
export type { FormOptions } from "./forms/redirect-after.js";
export type { Handler } from "./create-handler.js";
export type { UserDOWorker } from "./create-worker.js";
export type { AllowedOriginOptions } from "./is-allowed-origin.js";
export type { HandlerOptions } from "./options.js";
export type { ErrorReason } from "../shared/error-reason.js";
export type { ErrorReport, AppOnError as OnError } from "../router/run-call.js";
