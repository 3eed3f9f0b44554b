import { createContext, useContext, useSyncExternalStore } from "react";
import type { Bridge } from "../client/live/bridges.js";
import type { LiveStatus } from "../client/index.js";

/** The bridge of the provider; `undefined` on a server. */
export const LiveBridgeContext = createContext<Bridge | undefined>(undefined);

const idle = (): LiveStatus => "idle";
const never = (): (() => void) => () => {};

/**
 * Returns whether the page's live queries are current: `live` if they are; `polling` while the socket does not work;
 * `connecting` or `offline` while the page shows the last data; `error` if a query has ended with an error; `idle` without
 * live queries.
 */
export function useLiveStatus(): LiveStatus {
  const bridge = useContext(LiveBridgeContext);
  return useSyncExternalStore(bridge?.listen ?? never, bridge?.status ?? idle, idle);
}
