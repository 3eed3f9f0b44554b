/**
 * The header that names a user: in a reply the one that the browser's cookies belong to, in a mutation the one that the
 * page made the call for.
 */
export const USER_HEADER = "userdo-user";

/** In place of a user's id when nobody is signed in. */
export const NO_USER = "anonymous";
