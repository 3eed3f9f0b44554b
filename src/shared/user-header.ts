/**
 * The header with a user's id: in a response the user of the browser's cookies, and in a mutation the user for whom the page
 * made the call.
 */
export const USER_HEADER = "userdo-user";

/** The value of the header if no user is signed in. */
export const NO_USER = "anonymous";
