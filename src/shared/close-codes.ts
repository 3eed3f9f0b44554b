/** A binary frame (RFC 6455). */
export const CLOSE_UNSUPPORTED = 1003;
/** A message over the limit (RFC 6455). */
export const CLOSE_TOO_BIG = 1009;
/** The session behind the socket is over. */
export const CLOSE_SESSION_ENDED = 4401;
/** The caller is no member of the organization (any more). */
export const CLOSE_NO_MEMBER = 4403;
/** The client did not read what it was sent. It may come back and resume. */
export const CLOSE_TOO_SLOW = 4408;
/** A Worker that reads a stream, or a client after a rollback, is to open another socket. */
export const CLOSE_COME_BACK = 4410;
/** So much waits to be answered that no more is taken. */
export const CLOSE_TOO_MUCH_WAITING = 4413;
/** The object has as many sockets as it may. */
export const CLOSE_TOO_MANY = 4429;
