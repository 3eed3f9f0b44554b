import type { ErrorShape } from "../shared/call.js";
import type { CallReport } from "../shared/call-report.js";
import type { Caller } from "../shared/caller.js";
import { objectFailureOf } from "../shared/object-failure.js";
import { reasonOf } from "./reasoned-error.js";
import { toTRPCError } from "./to-trpc-error.js";

/** How a call ended, for `onCall`. */
export type CallOutcome = Pick<CallReport, "outcome" | "code" | "reason">;

/** The parts of a reply or a result that its outcome depends on. */
export type CallEnd = { readonly ok: true } | { readonly ok: false; readonly error: ErrorShape };

export const succeeded: CallOutcome = { outcome: "ok", code: undefined, reason: undefined };

/** The errors of an object that was reset or is overloaded, which the app did not throw. */
const FAILURES: ReadonlySet<string> = new Set(["OBJECT_RESET", "OBJECT_OVERLOADED"]);

/** Returns the outcome of a call with this result. The formatter of the app may have changed the shape of its error. */
export function outcomeOf(result: CallEnd): CallOutcome {
  if (result.ok) return succeeded;
  const { data } = result.error;
  const code = typeof data.code === "string" ? data.code : "INTERNAL_SERVER_ERROR";
  const reason = isStable(data["reason"]) ? data["reason"] : undefined;
  const isFailure = code === "INTERNAL_SERVER_ERROR" || (reason !== undefined && FAILURES.has(reason));
  return { outcome: isFailure ? "failed" : "refused", code, reason };
}

/** Returns the outcome of work that threw. */
export function outcomeOfCause(cause: unknown): CallOutcome {
  const failure = objectFailureOf(cause);
  if (failure) return { outcome: "failed", code: failure.code, reason: failure.reason };
  const { code } = toTRPCError(cause);
  return { outcome: code === "INTERNAL_SERVER_ERROR" ? "failed" : "refused", code, reason: reasonOf(cause) };
}

/** Returns the kind of a caller, without its id. */
export function callerKindOf(caller: Caller | undefined): CallReport["caller"] {
  if (!caller) return "object";
  return caller.type === "user" ? caller.via : caller.type;
}

/** Whether a reason is a name. The formatter of an app could put any text there, also a personal one. */
function isStable(reason: unknown): reason is string {
  return typeof reason === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(reason);
}
