import { TRPCError } from "@trpc/server";
import { isReason, type ErrorReason } from "../shared/error-reason.js";
import type { Owner } from "../shared/owner.js";
import { inputReasonOf } from "./input-issue.js";

export interface ReasonedErrorOptions {
  readonly code: TRPCError["code"];
  readonly message: string;
  /**
   * Sent as `error.data.reason`.
   * @default none
   */
  readonly reason?: ErrorReason;
  /**
   * Seconds after which the call can succeed. Sent as `error.data.retryAfter` and in the header `Retry-After`.
   * @default not sent
   */
  readonly retryAfter?: number;
  /**
   * The owner of the object in which the procedure runs instead. Sent as `error.data.owner`, so that a client or a server-side
   * caller can send the call there.
   * @default not sent
   */
  readonly owner?: Owner["type"] | undefined;
  /**
   * The original error, such as a ZodError for an app's `errorFormatter`.
   * @default none
   */
  readonly cause?: unknown;
}

/** An error with a stable reason, or with the time after which the call can succeed, in its data. */
export class ReasonedError extends TRPCError {
  readonly reason: ErrorReason | undefined;
  readonly retryAfter: number | undefined;
  readonly owner: Owner["type"] | undefined;

  constructor({ code, message, reason, retryAfter, owner, cause }: ReasonedErrorOptions) {
    super(cause === undefined ? { code, message } : { code, message, cause });
    this.reason = reason;
    this.retryAfter = retryAfter;
    this.owner = owner;
  }
}

/** The reason of an error; `undefined` if it has none. */
export function reasonOf(error: unknown): ErrorReason | undefined {
  if (error instanceof ReasonedError) return error.reason;
  if (isOfAnotherObject(error)) return isReason(error.reason) ? error.reason : undefined;
  // The reason of a rejected input is in the issue of its field, so that a form can show the error there.
  return error instanceof TRPCError ? inputReasonOf(error.cause) : undefined;
}

/** Seconds after which a failed call can succeed; `undefined` if the error does not say. */
export function retryAfterOf(error: unknown): number | undefined {
  if (isOfAnotherObject(error)) return typeof error.retryAfter === "number" ? error.retryAfter : undefined;
  return error instanceof ReasonedError ? error.retryAfter : undefined;
}

/** The owner of the object in which a refused procedure runs; `undefined` for other errors. */
export function ownerOf(error: unknown): Owner["type"] | undefined {
  return error instanceof ReasonedError ? error.owner : undefined;
}

/** Whether an error came from another Durable Object. RPC keeps its name and its fields, but not its class. */
function isOfAnotherObject(
  error: unknown,
): error is Error & { readonly reason?: unknown; readonly retryAfter?: unknown } {
  return error instanceof Error && error.name === "TRPCError" && !(error instanceof TRPCError);
}
