import { ReasonedError } from "../reasoned-error.js";

/** The error for a mailed link that is forged, used, replaced or expired. It does not reveal which. */
export function invalidLink(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "LINK_INVALID",
    message: "This link is invalid, was already used or has expired. Request a new one.",
  });
}
