import { ReasonedError } from "./reasoned-error.js";

/** A procedure was called in an object of another kind than its own. */
export function wrongObject(): ReasonedError {
  return refuse(
    "This procedure runs in another kind of Durable Object. Call it over HTTP, on a user's own socket or an organization's " +
      "(/trpc?organizationId=…), or through a caller: with asUser({ userId }), or with `organizationId` in the input.",
  );
}

/** A server-side caller that acts for one user called a procedure in the object of another. */
export function otherUsersObject(): ReasonedError {
  return refuse(
    "This object belongs to another user. Call the procedure through asUser({ userId }) with the id of that user.",
  );
}

/** A procedure that belongs in an object was called without one, for example in the Worker. */
export function outsideObject(): ReasonedError {
  return refuse(
    "This procedure runs in a Durable Object, but was called outside of one. Call it through the Worker's handler, or " +
      "with createCaller(env.BINDING).",
  );
}

function refuse(message: string): ReasonedError {
  return new ReasonedError({ code: "FORBIDDEN", reason: "WRONG_OBJECT", message });
}
