import type { ErrorReport } from "./run-call.js";

/** The default `onError`. Prints neither input nor caller: they may hold what a log must not. */
export function logError({ error, requestId, path }: ErrorReport): void {
  console.error(`[trpc-userdo] request ${requestId}, "${path}":`, error);
}
