import { TRPCError } from "@trpc/server";
import { ConfigurationError } from "../shared/configuration-error.js";

/** An error that the app did not mean for its callers, together with the id that they may quote. */
export interface UnexpectedError {
  readonly requestId: string;
  readonly error: TRPCError;
}

export interface MaskErrorOptions {
  /**
   * Shows the message of an unexpected error, beside its request id: a developer reads it in the browser.
   * @default false
   */
  readonly isDevelopment?: boolean | undefined;
}

/**
 * Hides an unexpected error from the client. Its message may name tables, paths or secrets, so the client gets
 * an id to quote and the original goes to `onError`. Errors with any other code were thrown on purpose and
 * keep their message.
 */
export function maskError(
  error: TRPCError,
  { isDevelopment = false }: MaskErrorOptions = {},
): { shown: TRPCError; unexpected?: UnexpectedError } {
  if (error.code !== "INTERNAL_SERVER_ERROR") return { shown: error };
  const requestId = crypto.randomUUID();
  const shown = new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: messageFor(error, requestId, isDevelopment) });
  return { shown, unexpected: { requestId, error } };
}

function messageFor({ message, cause }: TRPCError, requestId: string, isDevelopment: boolean): string {
  // A developer reads this first in the browser, and it names only settings.
  if (cause instanceof ConfigurationError) return cause.message;
  if (isDevelopment)
    return `${message} (Shown because DEV is "true". The log has more, under request id ${requestId}.)`;
  return `Something went wrong on the server. Its log has the details under request id ${requestId}.`;
}
