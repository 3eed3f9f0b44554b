import { useSyncExternalStore } from "react";
import { stateOf } from "../client/client-state.js";
import type { RetryStatus } from "../client/index.js";

const IDLE: RetryStatus = { calls: 0, error: undefined };
const idle = (): RetryStatus => IDLE;
const never = (): (() => void) => () => {};

/** Returns the number of calls that the client is sending again after a temporary error, and the last error. */
export function useRetryStatusOf(client: object): RetryStatus {
  const state = stateOf(client);
  return useSyncExternalStore(state?.retries.listen ?? never, () => state?.retryStatus ?? IDLE, idle);
}
