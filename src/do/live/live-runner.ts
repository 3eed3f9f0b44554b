import type { Call, ErrorShape } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { ReadRecorder } from "../storage/read-recorder.js";
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
