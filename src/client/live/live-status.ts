/**
 * Whether what a page shows is current: `live`; `polling`, read over HTTP every few seconds because the socket does not
 * work; `connecting`, with the last data, also while a query that the server could not answer is sent again; `offline`,
 * with the last data and no network; `error`, when a query has ended with an error and is not kept current any more;
 * `idle`, with nothing that would be kept current.
 */
export type LiveStatus = "idle" | "connecting" | "live" | "polling" | "offline" | "error";

/** How the results of one subscription arrive. */
export type FeedStatus = "connecting" | "live" | "polling";

/** The status of one query. */
export type LiveQueryStatus = Exclude<LiveStatus, "offline">;

/** The status of a page: that of the query that is worst off. */
export function liveStatusOf(queries: readonly LiveQueryStatus[], hasNetwork: boolean): LiveStatus {
  const worst = (["connecting", "error", "polling", "live"] as const).find((status) => queries.includes(status));
  return worst && !hasNetwork ? "offline" : (worst ?? "idle");
}
