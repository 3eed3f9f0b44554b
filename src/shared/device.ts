/** What the Worker can tell of the device that a request came from. Crosses RPC with the calls; none of it is proof. */
export interface Device {
  /** Short and clean, for a list of sessions: "Firefox on Windows". */
  readonly label?: string | undefined;
  /** What its cookie says of who signed in on it before. Not verified yet. */
  readonly token?: string | undefined;
  /** The network it is in: an IPv4 address, or the first 64 bits of an IPv6 one. */
  readonly network?: string | undefined;
  /** Finds the request in the operator's logs. */
  readonly requestId?: string | undefined;
}
