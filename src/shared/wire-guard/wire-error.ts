import type { ErrorReason } from "../error-reason.js";
import { exceededLimitErrors } from "../json-text.js";

/** An input that was refused. The message says what to send instead, and does not quote the input. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly reason: ErrorReason;

  constructor(message: string, reason: ErrorReason = "INPUT_MALFORMED") {
    super(message);
    this.reason = reason;
  }
}

/** The error for an input that exceeds a limit. */
export function exceededLimit(limit: keyof typeof exceededLimitErrors): WireError {
  const { message, reason } = exceededLimitErrors[limit];
  return new WireError(message, reason);
}

/** The error for a `meta` that superjson cannot have written for the `json` of the input. */
export function metaMismatch(): WireError {
  return new WireError(
    "The `meta` of the input does not match its `json`. Send both as superjson.serialize returns them.",
  );
}
