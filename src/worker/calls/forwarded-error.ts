import { TRPCError } from "@trpc/server";
import type { ErrorShape } from "../../shared/call.js";
import type { ForwardedCause } from "../../shared/forwarded-cause.js";

/** An error that was formatted where it happened, on its way through tRPC's HTTP adapter. */
export class ForwardedError extends TRPCError {
  readonly shape: ErrorShape;

  /** @param cause what a server caller gets as the error's `cause` */
  constructor(shape: ErrorShape, cause?: ForwardedCause) {
    super({
      code: shape.data.code as TRPCError["code"],
      message: shape.message,
      ...(cause && { cause: Object.assign(new Error(cause.message), cause) }),
    });
    this.shape = shape;
  }
}
