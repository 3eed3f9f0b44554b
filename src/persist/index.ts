/** Persists a TanStack Query cache for one user of a browser at a time. */
export { createUserPersister } from "./create-user-persister.js";
export type { PersistedCache, UserPersister, UserPersisterOptions, UserStorage } from "./create-user-persister.js";
