import { TRPCError } from "@trpc/server";
import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import { createSessionData, type SessionSchema } from "./session-data.js";
import { sessionsOf } from "./sessions-of.js";

const { router, endingProcedure, userProcedure } = builtinRoot;

const id = z.string().max(64);

/** What a user calls a device of theirs. */
const name = z
  .string()
  .trim()
  .min(1, "A session's name has at least 1 character.")
  .max(64, "A session's name has at most 64 characters.")
  .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), "A session's name is one line of text.");

const procedures = {
  /** The user's sessions, the last seen first. @throws UNAUTHORIZED for nobody */
  list: userProcedure.query(({ ctx }) => sessionsOf(ctx).list()),

  /** Gives a session a name. @throws NOT_FOUND when the user has no such session */
  rename: userProcedure.input(z.strictObject({ id, name })).mutation(({ ctx, input }) => {
    if (!sessionsOf(ctx).rename(input.id, input.name)) throw noSuchSession();
  }),

  /** Ends a session: its next call fails, and its sockets close. @throws NOT_FOUND when the user has no such session */
  revoke: endingProcedure.input(z.strictObject({ id })).mutation(({ ctx, input }) => {
    if (!sessionsOf(ctx).revoke(input.id)) throw noSuchSession();
  }),

  /** Ends all sessions but the one that asks, and answers how many. @throws UNAUTHORIZED for nobody */
  revokeOthers: userProcedure.mutation(({ ctx }) => sessionsOf(ctx).revokeOthers()),
};

/** The built-in `sessions` procedures: what is signed in as this user, putting an end to it, and the app's own data. */
export function createSessionsRouter<TSchema extends SessionSchema>(schema: TSchema) {
  return router({ ...procedures, data: createSessionData(schema) });
}

/** The same for a session of somebody else's: nobody learns whether it exists. */
function noSuchSession(): TRPCError {
  return new TRPCError({ code: "NOT_FOUND", message: "You have no such session. sessions.list tells which you have." });
}
