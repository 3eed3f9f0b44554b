/** Why a value from the wire was refused. The message says what to send instead and repeats nothing of the value. */
export class WireError extends Error {
  override readonly name = "WireError";
}
