import type { Call, ErrorShape } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { ReadRecorder } from "../tables/reads/read-recorder.js";
import type { LiveResultOptions, ToLiveResult } from "./live-result.js";
import type { Subscription } from "../connections/subscription.js";
import type { CallersSubscriptions } from "./live-run.js";
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
  readonly toResult: ToLiveResult;
}

export interface ResultRequest extends LiveResultOptions {
  readonly caller: Caller;
  readonly call: Call;
  readonly recorder: ReadRecorder;
}

/**
 * Runs a query and serializes its result, or its changes, as soon as it is read.
 *
 * @throws TRPCError if the result cannot be serialized
 */
export async function readResult({ runner, toResult }: ReadResultOptions, request: ResultRequest) {
  const { caller, call, recorder } = request;
  const outcome = await runner.query(caller, call, recorder);
  return outcome.ok ? ({ ok: true, result: toResult(outcome.result, request) } as const) : outcome;
}

export interface CallersCheck {
  /** The callers other than the one that the query ran for. */
  readonly others: readonly CallersSubscriptions[];
  /** Ends a subscription whose caller may not get the result. */
  readonly fail: (subscription: Subscription, error: ErrorShape) => void;
}

/** Checks whether other callers may get the result of a shared run. */
export async function checkCallers(
  runner: LiveRunner,
  { call, recorder }: Pick<ResultRequest, "call" | "recorder">,
  { others, fail }: CallersCheck,
): Promise<void> {
  for (const { caller, subscriptions } of others) {
    const error = await runner.check(caller, call, recorder);
    if (error) for (const subscription of subscriptions) fail(subscription, error);
  }
}
