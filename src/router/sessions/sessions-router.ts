import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import { createSessionData, type SessionSchema } from "./session-data.js";
import { sessionsOf } from "../services.js";
import { sessionNotFound } from "./session-not-found.js";

const { router, endingProcedure, userProcedure } = builtinRoot;

const id = z.string().max(64);

/** The name that a user gives a session, such as "My phone". */
const name = z
  .string()
  .trim()
  .min(1, "Enter a name for the session.")
  .max(64, "The name of the session must be at most 64 characters.")
  .refine(
    (value) => value.isWellFormed() && !/\p{Cc}/u.test(value),
    "The name of the session must be a single line of text.",
  );

const procedures = {
  /** Lists all of the user's sessions, the last seen first. Not paged: `session.limit` bounds their number. @throws UNAUTHORIZED (NOT_SIGNED_IN) */
  list: userProcedure.query(({ ctx }) => sessionsOf(ctx).list()),

  /** Names a session. @throws UNAUTHORIZED (NOT_SIGNED_IN), NOT_FOUND (SESSION_NOT_FOUND) */
  rename: userProcedure.input(z.strictObject({ id, name })).mutation(({ ctx, input }) => {
    if (!sessionsOf(ctx).rename(input.id, input.name)) throw sessionNotFound();
  }),

  /** Ends a session: its next call fails, and its sockets close. @throws UNAUTHORIZED (NOT_SIGNED_IN), NOT_FOUND (SESSION_NOT_FOUND) */
  revoke: endingProcedure.input(z.strictObject({ id })).mutation(({ ctx, input }) => {
    if (!sessionsOf(ctx).revoke(input.id)) throw sessionNotFound();
  }),

  /** Ends all sessions except the caller's, and returns how many. @throws UNAUTHORIZED (NOT_SIGNED_IN) */
  revokeOthers: userProcedure.mutation(({ ctx }) => sessionsOf(ctx).revokeOthers()),
};

/** The built-in `sessions` procedures: a user's sessions, and the data that the app stores with them. */
export function createSessionsRouter<TSchema extends SessionSchema>(schema: TSchema) {
  return router({ ...procedures, data: createSessionData(schema) });
}
