/** React: tRPC's own TanStack Query hooks, with a provider for the client and the sign-in state. */
export { createUserDOReact } from "./create-user-do-react.js";
export { createQueryClient } from "./query-defaults.js";
export { hashQueryKey } from "../client/live/hash-query-key.js";
export type { LiveStatus, RetryStatus } from "../client/index.js";
export type { OptimisticCache, OptimisticOptions } from "./optimistic.js";
export type { PresenceState } from "./presence-store.js";
export type { UsePresence } from "./use-presence.js";
export type { PresenceChange, PresenceMessage, PresentConnection, PresentMember } from "../shared/presence.js";
export type { SessionState, SessionUserOf } from "./session-state.js";
export type { UserDOProviderProps, UserDOReact } from "./create-user-do-react.js";
