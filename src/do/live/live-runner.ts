import type { Call, ErrorShape } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { ReadRecorder } from "../storage/read-recorder.js";
import type { ReadIndexOptions } from "./read-index.js";

/** The functions of the object that live queries need. */
export interface LiveRunner extends ReadIndexOptions {
  /** Runs a query through the one way in. Never throws. */
  readonly query: (
    caller: Caller,
    call: Call,
    recorder: ReadRecorder,
  ) => Promise<{ readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: ErrorShape }>;
  /** Whether a caller may have what another's run of the same query found: the error if not. Never throws. */
  readonly check: (caller: Caller, call: Call, recorder: ReadRecorder) => Promise<ErrorShape | undefined>;
  readonly shape: (call: Call, cause: unknown) => ErrorShape;
}
