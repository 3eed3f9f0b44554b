import { TRPCError } from "@trpc/server";
import type { ErrorReason } from "../shared/error-reason.js";
import { passwordReasonOf } from "./password-issue.js";

export interface ReasonedErrorOptions {
  readonly code: TRPCError["code"];
  readonly message: string;
  /** @default none */
  readonly reason?: ErrorReason;
  /**
   * In how many seconds the call can succeed, in `error.data.retryAfter` and the header `Retry-After`.
   * @default not stated
   */
  readonly retryAfter?: number;
}

/** An error whose data has more than its code: a stable reason, or how long to wait. */
export class ReasonedError extends TRPCError {
  readonly reason: ErrorReason | undefined;
  readonly retryAfter: number | undefined;

  constructor({ code, message, reason, retryAfter }: ReasonedErrorOptions) {
    super({ code, message });
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/** The reason of an error that was thrown on purpose; `undefined` for an error without one. */
export function reasonOf(error: unknown): ErrorReason | undefined {
  if (error instanceof ReasonedError) return error.reason;
  // A refused input has its reason in the issues of the schema, so that a form finds it beside the field.
  return error instanceof TRPCError ? passwordReasonOf(error.cause) : undefined;
}

/** In how many seconds a call that failed can succeed; `undefined` for an error that does not state it. */
export function retryAfterOf(error: unknown): number | undefined {
  return error instanceof ReasonedError ? error.retryAfter : undefined;
}
