import { transformTRPCResponse, TRPCError, type AnyTRPCRootTypes, type TRPCRootConfig } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { formatError } from "../../router/format-error.js";
import { logError } from "../../router/log-error.js";
import type { OnError } from "../../router/error-report.js";
import type { Refusal } from "./refusal.js";

/**
 * The reply to a refused request: one tRPC error, formatted and serialized like those of the app's router, so that
 * every stock link surfaces it as a `TRPCClientError` of each call it had sent.
 */
export function refuse(
  refusal: Refusal,
  config: TRPCRootConfig<AnyTRPCRootTypes>,
  onError: OnError = logError,
): Response {
  const error = new TRPCError({ code: refusal.code, message: refusal.message });
  const formatted = formatError(
    { config, error, type: "unknown", path: undefined, input: undefined, ctx: undefined },
    onError,
  );
  const { reason } = refusal;
  const shape = reason === undefined ? formatted : { ...formatted, data: { ...formatted.data, reason } };
  return Response.json(transformTRPCResponse(config, { error: shape as never }), {
    // Never a 2xx: the streaming link reads a plain error body only from a status that says so.
    status: getHTTPStatusCodeFromError(error),
    headers: { ...refusal.headers },
  });
}
