/** The header of an upgrade on its way from the Worker to an object: who opens the socket, signed. */
export const SOCKET_PASS_HEADER = "x-userdo-socket-pass";

/** The header of an upgrade for a stream that a reply told the ticket of. */
export const STREAM_TICKET_HEADER = "x-userdo-stream-ticket";
