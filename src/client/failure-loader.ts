import type * as CallFailures from "./call-failures.js";

type Failures = typeof CallFailures;

let loading: Promise<Failures | undefined> | undefined;

/**
 * Loads the code for failed calls, with the first request: later the network may be lost, or a deploy may have deleted the
 * chunk. `undefined` if it cannot be loaded; the next request tries again.
 */
export function loadFailures(): Promise<Failures | undefined> {
  return (loading ??= import("./call-failures.js").catch(() => (loading = undefined)));
}
