/** The presence of one caller's connections, for the built-in procedures. */
export interface PresenceService {
  /** Gives the socket on which the call arrived the name that the client chose. */
  nameConnection(name: string): void;
  /**
   * @param name the name of the socket; `undefined` for the one on which the call arrived
   * @throws TRPCError BAD_REQUEST (PRESENCE_INVALID), PAYLOAD_TOO_LARGE (PRESENCE_TOO_LARGE), NOT_FOUND (CONNECTION_NOT_FOUND)
   */
  set(state: unknown, name: string | undefined): void;
}
