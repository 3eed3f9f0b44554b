import { callTRPCProcedure, type AnyTRPCRouter, type TRPCError } from "@trpc/server";
import type { Call, ErrorShape } from "../shared/call.js";
import type { OnError } from "./error-report.js";
import { formatError } from "./format-error.js";
import { maskError } from "./mask-error.js";
import { reasonOf, retryAfterOf } from "./reasoned-error.js";
import { rawInputWithCursor } from "./stream-cursor.js";
import { toTRPCError } from "./to-trpc-error.js";

/** What a call came to, before it is packed for the way back. */
export type Outcome =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: ErrorShape };

export interface RunCallOptions {
  readonly router: AnyTRPCRouter;
  readonly call: Call;
  /** What the app's error formatter is told of the call; nothing where that is not known. */
  readonly ctx: object | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onError: OnError;
  /**
   * Whether the client gets the message of an unexpected error.
   * @default false
   */
  readonly isDevelopment?: boolean | undefined;
}

/**
 * Runs one procedure and says how it went. Never throws: errors are formatted here, next to the code that
 * threw them, because neither their class nor a procedure's own formatter survives Workers RPC.
 */
export async function runCall(options: RunCallOptions): Promise<Outcome> {
  const { router, call, ctx, signal } = options;
  const { path, type = "query", input, lastEventId } = call;
  try {
    const data: unknown = await callTRPCProcedure({
      router,
      path,
      type,
      getRawInput: type === "subscription" ? rawInputWithCursor(input, lastEventId) : () => Promise.resolve(input),
      ctx,
      signal,
      batchIndex: call.batchIndex ?? 0,
    });
    return { ok: true, data };
  } catch (cause) {
    return { ok: false, error: shapeError({ ...options, cause }) };
  }
}

/** Formats what a call threw: masked when unexpected (and reported to `onError`), by the app's formatter. */
export function shapeError(options: Omit<RunCallOptions, "signal"> & { readonly cause: unknown }): ErrorShape {
  const { router, call, ctx, cause, onError, isDevelopment } = options;
  const { shown, unexpected } = maskError(toTRPCError(cause), { isDevelopment });
  if (unexpected) {
    const { error, requestId } = unexpected;
    onError({ error: reportedError(error, call.path), requestId, path: call.path, type: call.type });
  }
  const { path, input, type = "unknown" } = call;
  const config = router._def._config;
  const shape = formatError({ config, error: shown, type, path, input, ctx }, onError);
  const reason = reasonOf(shown);
  const retryAfter = retryAfterOf(shown);
  if (!unexpected && reason === undefined && retryAfter === undefined) return shape;
  const data = {
    ...shape.data,
    ...(unexpected && { requestId: unexpected.requestId }),
    ...(reason && { reason }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
  return { ...shape, data };
}

/** What the procedure threw. A result that its `.output()` refused is named as such: the schema's error does not say so. */
function reportedError(error: TRPCError, path: string): Error {
  if (error.cause && error.message === "Output validation failed")
    return new Error(`The result of "${path}" does not fit its .output() schema.`, { cause: error.cause });
  return error.cause ?? error;
}
