/**
 * Whether what a page shows is current: `live`; `connecting`, with the last data; `offline`, with the last data and
 * no network; `idle`, with nothing that would be kept current.
 */
export type LiveStatus = "idle" | "connecting" | "live" | "offline";

/** The status of queries, of each of which is known whether it is connected. */
export function liveStatusOf(connected: readonly boolean[], hasNetwork: boolean): LiveStatus {
  if (connected.length === 0) return "idle";
  if (!hasNetwork) return "offline";
  return connected.every(Boolean) ? "live" : "connecting";
}
