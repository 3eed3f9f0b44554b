import type { ErrorReport } from "./error-report.js";

/** The default `onError`. Prints neither input nor caller: they may hold what a log must not. */
export function logError({ error, requestId, path }: ErrorReport): void {
  // oxlint-disable-next-line no-console -- the log is where an operator looks first
  console.error(`[trpc-userdo] request ${requestId}, "${path}":`, error);
}
