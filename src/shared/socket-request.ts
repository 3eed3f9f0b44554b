/** The header of a WebSocket upgrade from the Worker to an object. It has the signed caller. */
export const SOCKET_PASS_HEADER = "x-userdo-socket-pass";

/** The header of a WebSocket upgrade for a stream. It has the ticket that the reply contained. */
export const STREAM_TICKET_HEADER = "x-userdo-stream-ticket";

/** The header of an object's response to an upgrade that it refuses with 403 or 503. It has the reason of the error. */
export const REFUSAL_REASON_HEADER = "x-userdo-reason";
