import type { CallReport } from "../shared/call-report.js";
import type { OnError } from "./error-report.js";

/** The `onCall` of the app, which may be asynchronous. */
export type AppOnCall = (report: CallReport, env: Cloudflare.Env) => void | Promise<void>;

/** Reports finished work. Never throws. Returns a promise, which never rejects, if the hook of the app is asynchronous. */
export type OnCall = (report: CallReport, env: object) => Promise<void> | undefined;

/**
 * Wraps the app's `onCall` so that it cannot change a reply: an error is reported to `onError`, and a promise is not awaited.
 *
 * @returns `undefined` without a hook, so that callers measure nothing
 */
export function createCallReporter(onCall: AppOnCall | undefined, onError: OnError): OnCall | undefined {
  if (!onCall) return undefined;
  return (report, env) => {
    const fail = (cause: unknown): void => {
      const error = cause instanceof Error ? cause : new Error("The hook onCall failed.", { cause });
      onError({ error, requestId: report.requestId, path: "(onCall)", type: undefined, reason: "HOOK_FAILED" });
    };
    try {
      const reported = onCall(report, env as Cloudflare.Env);
      return reported instanceof Promise ? reported.catch(fail) : undefined;
    } catch (cause) {
      fail(cause);
      return undefined;
    }
  };
}
