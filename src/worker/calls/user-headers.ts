import { deleteOldest } from "../../shared/delete-oldest.js";
import { USER_HEADER } from "../../shared/user-header.js";

/** Maximum number of users with cached headers. */
const MAX_USERS = 200;

/**
 * Returns a function that adds the id of the session's user to the headers of a response. It caches the headers of each user,
 * because a header that is set later takes longer.
 */
export function createUserHeaders(base: Headers): (user: string) => Headers {
  const headersByUser = new Map<string, Headers>();
  return (user) => {
    const cached = headersByUser.get(user);
    if (cached) return cached;
    const headers = new Headers(base);
    headers.set(USER_HEADER, user);
    headersByUser.set(user, headers);
    deleteOldest(headersByUser, MAX_USERS);
    return headers;
  };
}
