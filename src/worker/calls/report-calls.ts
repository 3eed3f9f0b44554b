import { callerKindOf, type CallOutcome } from "../../router/call-outcome.js";
import type { OnCall } from "../../router/create-call-reporter.js";
import type { Call } from "../../shared/call.js";
import type { CallReport } from "../../shared/call-report.js";
import type { Caller } from "../../shared/caller.js";
import type { Refusal } from "../gate/refusal.js";
import type { WaitUntil } from "../streams/read-stream.js";

/** Reports the calls of one request that the Worker answers itself. Their objects report the others. */
export interface CallReports {
  /** Reports a call that was not sent to an object, or that its object did not reply to. */
  answered(call: AnsweredCall, outcome: CallOutcome, caller: Caller): void;
  /** Reports a request that was refused as a whole. */
  refused(refusal: Refusal): void;
}

interface AnsweredCall {
  readonly path: string;
  /** The type of the procedure; `undefined` if there is none at the path. */
  readonly type: Call["type"];
}

export interface CallReportsOptions {
  readonly onCall: OnCall;
  readonly env: object;
  readonly requestId: string;
  readonly waitUntil: WaitUntil;
}

export function createCallReports({ onCall, env, requestId, waitUntil }: CallReportsOptions): CallReports {
  const startedAt = Date.now();

  function report(work: Pick<CallReport, "path" | "type">, caller: CallReport["caller"], outcome: CallOutcome): void {
    const durationMs = Date.now() - startedAt;
    const rows = { rowsRead: 0, rowsWritten: 0 };
    const reporting = onCall({ ...work, owner: undefined, caller, ...outcome, durationMs, ...rows, requestId }, env);
    if (reporting) waitUntil(reporting);
  }

  return {
    answered({ path, type }, outcome, caller) {
      const work = type === undefined ? { path: "(unknown)", type: "unknown" as const } : { path, type };
      report(work, callerKindOf(caller), outcome);
    },
    refused({ code, reason }) {
      const outcome = code === "INTERNAL_SERVER_ERROR" || code === "SERVICE_UNAVAILABLE" ? "failed" : "refused";
      report({ path: "(request)", type: "request" }, "anonymous", { outcome, code, reason });
    },
  };
}
