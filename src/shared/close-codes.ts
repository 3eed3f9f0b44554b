/** The client sent a binary frame (RFC 6455). */
export const CLOSE_UNSUPPORTED = 1003;
/** The client sent a message that is larger than the limit (RFC 6455). */
export const CLOSE_TOO_BIG = 1009;
/** The session that the socket was opened with has ended. */
export const CLOSE_SESSION_ENDED = 4401;
/** An operator has suspended the account of the caller. */
export const CLOSE_SUSPENDED = 4402;
/** The caller is not, or no longer, a member of the organization. */
export const CLOSE_NOT_A_MEMBER = 4403;
/** The client reads more slowly than the object sends. It may reconnect and resume. */
export const CLOSE_TOO_SLOW = 4408;
/** The client, or the Worker that reads a stream, has to open another socket. */
export const CLOSE_RECONNECT = 4410;
/** The socket has too many unanswered messages. */
export const CLOSE_TOO_MUCH_PENDING = 4413;
/** The object has reached its limit of sockets. */
export const CLOSE_TOO_MANY = 4429;
