import { objectFailureOf } from "../shared/object-failure.js";
import { ReasonedError } from "./reasoned-error.js";

/** Converts the error of a call to an object that was reset or is overloaded to a TRPCError. Returns other errors unchanged. */
export function toObjectError(cause: unknown): unknown {
  const failure = objectFailureOf(cause);
  return failure ? new ReasonedError({ ...failure, cause }) : cause;
}
