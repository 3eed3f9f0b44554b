import { TRPCError } from "@trpc/server";
import type { ErrorShape } from "../../shared/call.js";
import type { ForwardedCause } from "../../shared/forwarded-cause.js";

/** An error that an object has already formatted. It passes through tRPC's HTTP adapter, or rejects the call of a caller. */
export class ForwardedError extends TRPCError {
  readonly shape: ErrorShape;

  /** @param cause the `cause` of the error for a server-side caller */
  constructor(shape: ErrorShape, cause?: ForwardedCause) {
    super({
      code: shape.data.code as TRPCError["code"],
      message: shape.message,
      ...(cause && { cause: Object.assign(new Error(cause.message), cause) }),
    });
    this.shape = shape;
  }
}
