import type { AnyTRPCProcedure, AnyTRPCRouter, TRPCError } from "@trpc/server";
import type { Call, ErrorShape } from "../shared/call.js";
import type { OnError } from "./error-report.js";
import { formatError } from "./format-error.js";
import { maskError } from "./mask-error.js";
import { runProcedure } from "./run-procedure.js";
import { ownerOf, reasonOf, retryAfterOf } from "./reasoned-error.js";
import { toTRPCError } from "./to-trpc-error.js";

/** The result of a call, before it is serialized. */
export type CallResult =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: ErrorShape };

export interface RunCallOptions {
  readonly router: AnyTRPCRouter;
  readonly call: Call;
  /** The context for the app's error formatter; `undefined` if it is not known. */
  readonly ctx: object | undefined;
  readonly onError: OnError;
  /**
   * Whether the client gets the message of an unexpected error.
   * @default false
   */
  readonly isDevelopment?: boolean | undefined;
  /**
   * The id of the request, for the client and for `onError`.
   * @default a new id for each unexpected error
   */
  readonly requestId?: string | undefined;
}

interface ProcedureOptions {
  readonly procedure: AnyTRPCProcedure;
  readonly ctx: object;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs a procedure and returns its result. Never throws: errors are formatted here, because Workers RPC preserves neither
 * their class nor the formatter of the app.
 */
export async function runCall(options: RunCallOptions & ProcedureOptions): Promise<CallResult> {
  const { router, procedure, call, ctx, signal } = options;
  try {
    const data = await runProcedure({ router, procedure, call, type: call.type ?? "query", ctx, signal });
    return { ok: true, data };
  } catch (cause) {
    return { ok: false, error: shapeError({ ...options, cause }) };
  }
}

/** Formats the error of a call with the app's formatter. An unexpected error is masked, and reported to `onError`. */
export function shapeError(options: RunCallOptions & { readonly cause: unknown }): ErrorShape {
  const { router, call, ctx, cause, onError, isDevelopment, requestId: known } = options;
  const { visible, unexpected } = maskError(toTRPCError(cause), { isDevelopment, requestId: known });
  if (unexpected) {
    const { error, requestId, reason } = unexpected;
    const { path, type } = call;
    onError({ error: reportedError(error, path), requestId, path, type, ...(reason && { reason }) });
  }
  const { path, input, type = "unknown" } = call;
  const config = router._def._config;
  const shape = formatError({ config, error: visible, type, path, input, ctx }, onError, known);
  const reason = reasonOf(visible);
  const retryAfter = retryAfterOf(visible);
  const owner = ownerOf(visible);
  if (!unexpected && reason === undefined && retryAfter === undefined) return shape;
  const data = {
    ...shape.data,
    ...(unexpected && { requestId: unexpected.requestId }),
    ...(reason && { reason }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(owner && { owner }),
  };
  return { ...shape, data };
}

/** The original error of a procedure. A rejected output gets its own message, because the schema's error does not mention it. */
function reportedError(error: TRPCError, path: string): Error {
  if (error.cause && error.message === "Output validation failed")
    return new Error(`The result of "${path}" does not match its .output() schema.`, { cause: error.cause });
  return error.cause ?? error;
}
