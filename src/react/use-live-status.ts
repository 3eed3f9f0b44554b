import { createContext, useContext, useSyncExternalStore } from "react";
import type { Bridge } from "../client/live/bridges.js";
import type { LiveStatus } from "../client/index.js";

/** The bridge of the provider; none on a server. */
export const LiveBridgeContext = createContext<Bridge | undefined>(undefined);

const idle = (): LiveStatus => "idle";
const never = (): (() => void) => () => {};

/**
 * Whether the page's live queries are current: `live`; `polling` while the socket does not work; `connecting` or
 * `offline`, with the last data; `error` when one has ended with an error; `idle` when there are none.
 */
export function useLiveStatus(): LiveStatus {
  const bridge = useContext(LiveBridgeContext);
  return useSyncExternalStore(bridge?.listen ?? never, bridge?.status ?? idle, idle);
}
