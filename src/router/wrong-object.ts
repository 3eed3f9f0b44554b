import type { Owner } from "../shared/owner.js";
import { ReasonedError } from "./reasoned-error.js";

/**
 * A procedure was called in an object of another kind than its own.
 *
 * @param owner the owner of the object in which it runs, if a client or a caller can send the call there
 */
export function wrongObject(owner?: Owner["type"]): ReasonedError {
  return refuse(
    "This procedure runs in another kind of Durable Object. Call it over HTTP, on the socket of a user, of an organization " +
      "(/trpc?organizationId=…) or of the app (/trpc?app), or through a caller: with asUser({ userId }), or with " +
      "`organizationId` in the input.",
    owner,
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

function refuse(message: string, owner?: Owner["type"]): ReasonedError {
  return new ReasonedError({ code: "FORBIDDEN", reason: "WRONG_OBJECT", message, owner });
}
