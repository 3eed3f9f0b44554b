import { TRPCError } from "@trpc/server";
import { isConfigurationError } from "../shared/configuration-error.js";
import { objectFailureOf, type ObjectFailure } from "../shared/object-failure.js";
import { ReasonedError, reasonOf } from "./reasoned-error.js";

/** An unexpected error, with the id that the client receives. */
export interface UnexpectedError {
  readonly requestId: string;
  /**
   * The reason that the client receives.
   * @default none
   */
  readonly reason?: ObjectFailure["reason"];
  readonly error: TRPCError;
}

export interface MaskErrorOptions {
  /**
   * Shows the message of an unexpected error to the client, for developers.
   * @default false
   */
  readonly isDevelopment?: boolean | undefined;
  /**
   * The id of the request.
   * @default a new id
   */
  readonly requestId?: string | undefined;
}

/**
 * Hides an unexpected error from the client, because its message could contain tables, paths or secrets. The client receives an
 * id, and `onError` receives the original. Errors with another code were thrown on purpose, and are not changed. If an object
 * was reset or is overloaded, the client receives that as the reason.
 */
export function maskError(
  error: TRPCError,
  { isDevelopment = false, requestId: known }: MaskErrorOptions = {},
): { visible: TRPCError; unexpected?: UnexpectedError } {
  const { code, cause } = error;
  const failure = objectFailureOf(cause);
  if (failure && (code === "INTERNAL_SERVER_ERROR" || reasonOf(error) === failure.reason)) {
    const unexpected = { requestId: known ?? crypto.randomUUID(), error, reason: failure.reason };
    return { visible: new ReasonedError(failure), unexpected };
  }
  if (code !== "INTERNAL_SERVER_ERROR") return { visible: error };
  const requestId = known ?? crypto.randomUUID();
  // The message of a ConfigurationError names only settings, and helps the developer in the browser.
  const visible = isConfigurationError(cause)
    ? new ReasonedError({ code, reason: cause.reason, message: cause.message })
    : new TRPCError({ code, message: messageFor(error, requestId, isDevelopment) });
  return { visible, unexpected: { requestId, error } };
}

function messageFor({ message }: TRPCError, requestId: string, isDevelopment: boolean): string {
  if (isDevelopment)
    return `${message} (Shown because DEV is "true". The log has more, under request id ${requestId}.)`;
  return `Something went wrong on the server. Its log has the details under request id ${requestId}.`;
}
