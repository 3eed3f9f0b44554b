import { TRPCError } from "@trpc/server";

/** In the words of tRPC, which says it over HTTP. */
export function notFound(path: string): TRPCError {
  return new TRPCError({ code: "NOT_FOUND", message: `No procedure found on path "${path}"` });
}

export function useHttp(): TRPCError {
  return new TRPCError({
    code: "BAD_REQUEST",
    message: "This procedure sets cookies, which a socket cannot: use HTTP.",
  });
}

export function notOverSocket(type: string): TRPCError {
  return new TRPCError({
    code: "UNSUPPORTED_MEDIA_TYPE",
    message: `This ${type} answers with a stream, which a socket only carries for subscriptions: use HTTP.`,
  });
}
