import { TRPCError } from "@trpc/server";

export function misplaced(): never {
  throw new TRPCError({ code: "BAD_REQUEST", message: "This procedure is called over HTTP, through the Worker." });
}
