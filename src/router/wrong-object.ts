import { ReasonedError } from "./reasoned-error.js";

/** A procedure was called in an object of another kind than its own. */
export function wrongObject(): ReasonedError {
  return new ReasonedError({
    code: "FORBIDDEN",
    reason: "WRONG_OBJECT",
    message:
      "This procedure runs in another kind of Durable Object. Call a user's procedure over HTTP, on the user's own socket " +
      "or through asUser({ userId }). Call an organization's procedure with its `organizationId` in the input, over HTTP, " +
      "on the organization's socket or through a caller.",
  });
}

/** A procedure that belongs in an object was called without one, for example in the Worker. */
export function outsideObject(): ReasonedError {
  return new ReasonedError({
    code: "FORBIDDEN",
    reason: "WRONG_OBJECT",
    message:
      "This procedure runs in a Durable Object, but was called outside of one. Call it through the Worker's handler, or " +
      "with createCaller(env.BINDING).",
  });
}
