/** The device of a request, according to its headers. The client can forge all of it. Sent to the object with the calls. */
export interface Device {
  /** A short description for a list of sessions, such as "Firefox on Windows". */
  readonly label?: string | undefined;
  /** The unverified device cookie, which names the users who signed in on the device. */
  readonly token?: string | undefined;
  /** The client's network: an IPv4 address, or the first 64 bits of an IPv6 address. */
  readonly network?: string | undefined;
  /** Identifies the request in the operator's logs. */
  readonly requestId?: string | undefined;
}
