/** The header of an upgrade on its way from the Worker to an object: who opens the socket, signed. */
export const SOCKET_PASS_HEADER = "x-userdo-socket-pass";
