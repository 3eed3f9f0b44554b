/** What the Worker can tell of the device that a request came from. Crosses RPC with the calls; none of it is proof. */
export interface Device {
  /** Short and clean, for a list of sessions: "Firefox on Windows". */
  readonly label?: string | undefined;
}
