import { TRPCError } from "@trpc/server";
import type { ErrorReason } from "../shared/error-reason.js";

export interface ReasonedErrorOptions {
  readonly code: TRPCError["code"];
  readonly message: string;
  readonly reason: ErrorReason;
}

/** An error with a stable reason, which the client finds in `error.data.reason`. */
export class ReasonedError extends TRPCError {
  readonly reason: ErrorReason;

  constructor({ code, message, reason }: ReasonedErrorOptions) {
    super({ code, message });
    this.reason = reason;
  }
}

/** The reason of an error that was thrown on purpose; `undefined` for an error without one. */
export function reasonOf(error: unknown): ErrorReason | undefined {
  return error instanceof ReasonedError ? error.reason : undefined;
}
