import { TRPCError } from "@trpc/server";
import { servicesOf, type SessionsService } from "../services.js";

/** The sessions of the user in whose object a call runs. */
export function sessionsOf(ctx: object): SessionsService {
  const sessions = servicesOf(ctx)?.sessions?.();
  if (sessions) return sessions;
  throw new TRPCError({ code: "BAD_REQUEST", message: "This procedure runs in a user's own object." });
}
