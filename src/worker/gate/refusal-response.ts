import { transformTRPCResponse, TRPCError, type AnyTRPCRootTypes, type TRPCRootConfig } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { formatError } from "../../router/format-error.js";
import { logError } from "../../router/log-error.js";
import type { OnError } from "../../router/error-report.js";
import type { Refusal } from "./refusal.js";

/**
 * The response to a refused request: one tRPC error, formatted and serialized by the app's router, so that every stock
 * link rejects each call of the request with this error, as a `TRPCClientError`.
 */
export function refusalResponse(
  { code, message, reason, retryAfter, headers }: Refusal,
  config: TRPCRootConfig<AnyTRPCRootTypes>,
  onError: OnError = logError,
): Response {
  const error = new TRPCError({ code, message });
  const formatted = formatError(
    { config, error, type: "unknown", path: undefined, input: undefined, ctx: undefined },
    onError,
  );
  const hasTime = retryAfter !== undefined;
  const shape = { ...formatted, data: { ...formatted.data, reason, ...(hasTime && { retryAfter }) } };
  return Response.json(transformTRPCResponse(config, { error: shape as never }), {
    // The streaming link parses a single error only if the status is not 2xx.
    status: getHTTPStatusCodeFromError(error),
    headers: { ...headers, ...(hasTime && { "Retry-After": String(retryAfter) }) },
  });
}
