/**
 * Whether the live queries of a page are current:
 *
 * - `live`: all of them are.
 * - `polling`: the socket does not work, and they are read over HTTP every few seconds.
 * - `connecting`: the page shows the last data while the client connects, or sends a query again after an error.
 * - `offline`: the page shows the last data, because the device has no network.
 * - `error`: a query has ended with an error. Others may be current.
 * - `idle`: there are none.
 */
export type LiveStatus = "idle" | "connecting" | "live" | "polling" | "offline" | "error";

/** How the results of one subscription arrive. */
export type FeedStatus = "connecting" | "live" | "polling";

/** The status of one query. */
export type LiveQueryStatus = Exclude<LiveStatus, "offline">;

/** Returns the status of a page: the worst status of its queries. */
export function liveStatusOf(queries: readonly LiveQueryStatus[], hasNetwork: boolean): LiveStatus {
  const worst = (["connecting", "error", "polling", "live"] as const).find((status) => queries.includes(status));
  return worst && !hasNetwork ? "offline" : (worst ?? "idle");
}
