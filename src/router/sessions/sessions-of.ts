import { TRPCError } from "@trpc/server";
import { roomOf, type SessionsRoom } from "../room.js";

/** The sessions of the user in whose object a call runs. */
export function sessionsOf(ctx: object): SessionsRoom {
  const sessions = roomOf(ctx)?.sessions?.();
  if (sessions) return sessions;
  throw new TRPCError({ code: "BAD_REQUEST", message: "This procedure runs in a user's own object." });
}
