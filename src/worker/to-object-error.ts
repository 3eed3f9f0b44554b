import { ReasonedError } from "../router/reasoned-error.js";
import { objectFailureOf } from "../shared/object-failure.js";
import { configurationErrorOf } from "./configuration.js";

/** Converts the error of a call to an object that was reset or is overloaded to a TRPCError. Returns other errors unchanged. */
export function toObjectError(cause: unknown): unknown {
  // A class that is not valid resets its objects whenever they start.
  const failure = configurationErrorOf(cause) ? undefined : objectFailureOf(cause);
  return failure ? new ReasonedError({ ...failure, cause }) : cause;
}
