import type { ErrorReport } from "./error-report.js";

/** The default `onError`. Does not log the input or the caller, which could contain secrets. */
export function logError({ error, requestId, path, reason }: ErrorReport): void {
  // oxlint-disable-next-line no-console -- the log is where an operator looks first
  console.error(`[trpc-userdo] request ${requestId}, "${path}"${reason ? ` (${reason})` : ""}:`, error);
}
