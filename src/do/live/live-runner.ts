import type { Call, ErrorShape } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { ReadRecorder } from "../tables/reads/read-recorder.js";
import type { LiveResult } from "./live-result.js";
import type { ReadIndexOptions } from "./read-index.js";

/** The functions of the object that live queries need. */
export interface LiveRunner extends ReadIndexOptions {
  /** Runs a query through the dispatcher of the object. Never throws. */
  readonly query: (
    caller: Caller,
    call: Call,
    recorder: ReadRecorder,
  ) => Promise<{ readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: ErrorShape }>;
  /** Returns the error if a caller may not get the result of another caller's run of the same query. Never throws. */
  readonly check: (caller: Caller, call: Call, recorder: ReadRecorder) => Promise<ErrorShape | undefined>;
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
}

export interface ReadResultOptions {
  readonly runner: LiveRunner;
  readonly toResult: (data: unknown) => LiveResult;
}

export interface ResultRequest {
  readonly caller: Caller;
  readonly call: Call;
  readonly recorder: ReadRecorder;
}

/**
 * Runs a query and serializes its result, so that only the text stays in memory until the result is sent, not the rows.
 *
 * @throws TRPCError if the result cannot be serialized
 */
export async function readResult({ runner, toResult }: ReadResultOptions, { caller, call, recorder }: ResultRequest) {
  const outcome = await runner.query(caller, call, recorder);
  return outcome.ok ? ({ ok: true, result: toResult(outcome.result) } as const) : outcome;
}
