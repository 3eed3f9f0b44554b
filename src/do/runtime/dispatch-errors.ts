import type { TRPCError } from "@trpc/server";
import { ReasonedError } from "../../router/reasoned-error.js";

/** Has the same message as tRPC's own HTTP handler. */
export function notFound(path: string): TRPCError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "PROCEDURE_NOT_FOUND",
    message: `No procedure found on path "${path}"`,
  });
}

export function httpRequired(): TRPCError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "HTTP_REQUIRED",
    message: "This procedure sets cookies, which is not possible over a socket. Call it over HTTP.",
  });
}

export function notOverSocket(type: string): TRPCError {
  return new ReasonedError({
    code: "UNSUPPORTED_MEDIA_TYPE",
    reason: "HTTP_REQUIRED",
    message: `This ${type} returns a stream, and sockets carry streams of subscriptions only. Call it over HTTP.`,
  });
}
