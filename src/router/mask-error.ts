import { TRPCError } from "@trpc/server";
import { ConfigurationError } from "../shared/configuration-error.js";

/** An error that the app did not mean for its callers, together with the id that they may quote. */
export interface UnexpectedError {
  readonly requestId: string;
  readonly error: TRPCError;
}

/**
 * Hides an unexpected error from the client. Its message may name tables, paths or secrets, so the client gets
 * an id to quote and the original goes to `onError`. Errors with any other code were thrown on purpose and
 * keep their message.
 */
export function maskError(error: TRPCError): { shown: TRPCError; unexpected?: UnexpectedError } {
  if (error.code !== "INTERNAL_SERVER_ERROR") return { shown: error };
  const requestId = crypto.randomUUID();
  const message =
    // Whoever starts an app reads this first in the browser, and it names nothing but settings.
    error.cause instanceof ConfigurationError
      ? error.cause.message
      : `Something went wrong on the server. Its log has the reason, under request id ${requestId}.`;
  const shown = new TRPCError({ code: "INTERNAL_SERVER_ERROR", message });
  return { shown, unexpected: { requestId, error } };
}
