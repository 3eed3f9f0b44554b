/** The session behind the socket is over. */
export const CLOSE_SESSION_ENDED = 4401;
/** The client did not read what it was sent. It may come back and resume. */
export const CLOSE_TOO_SLOW = 4408;
/** A binary frame (RFC 6455). */
export const CLOSE_UNSUPPORTED = 1003;
/** A message over the limit (RFC 6455). */
export const CLOSE_TOO_BIG = 1009;
/** So much waits to be answered that no more is taken. */
export const CLOSE_TOO_MUCH_WAITING = 4413;
/** The object has as many sockets as it may. */
export const CLOSE_TOO_MANY = 4429;
