import { TRPCError } from "@trpc/server";
import type { ErrorShape } from "../shared/call.js";

/** An error that was formatted where it happened, on its way through tRPC's HTTP adapter. */
export class ForwardedError extends TRPCError {
  readonly shape: ErrorShape;

  constructor(shape: ErrorShape) {
    super({ code: shape.data.code as TRPCError["code"], message: shape.message });
    this.shape = shape;
  }
}
