import { TRPCError } from "@trpc/server";

/**
 * For a call of a session that a new password replaced a moment ago, for example because that reply was lost. It clears no
 * cookies: they may be those of the new session already.
 */
export function sessionReplaced(): TRPCError {
  return new TRPCError({
    code: "UNAUTHORIZED",
    message: "The password was changed, and this session ended with it. Sign in with the new password.",
  });
}
