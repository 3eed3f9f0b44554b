import { TRPCError } from "@trpc/server";

/** For a call about a user who never signed up, or was deleted. */
export function noSuchUser(): TRPCError {
  return new TRPCError({ code: "NOT_FOUND", message: "There is no such user." });
}
