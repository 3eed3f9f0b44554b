import type { AnyTRPCRouter } from "@trpc/server";
import { onSignInChange } from "../on-sign-in-change.js";
import { bridgeOf } from "./bridges.js";
import { obtainLiveBridge, type LiveBridgeOptions } from "./create-live-bridge.js";
import { clearUserData } from "./clear-user-data.js";
import type { LiveStatus } from "./live-status.js";

/** The connection of a cache to its live queries. */
export interface LiveConnection {
  readonly status: () => LiveStatus;
  /** Calls the listener when the status changes. Returns the function that removes the listener. */
  readonly listen: (listener: () => void) => () => void;
  /** Ends all subscriptions. */
  readonly disconnect: () => void;
}

/**
 * Updates the queries of a TanStack Query cache that are marked with `live`, and clears the cache when the signed-in user
 * changes. For Vue, Solid, Svelte and other adapters: React's `UserDOProvider` calls it itself.
 *
 * @throws Error for a client that `createClient` did not create
 * @example
 * ```ts
 * const { disconnect } = connectLive({ client: trpc, queryClient, notifyManager });
 * ```
 */
export function connectLive<TRouter extends AnyTRPCRouter>(options: LiveBridgeOptions<TRouter>): LiveConnection {
  const { client, queryClient, notifyManager } = options;
  const { status, listen, connect, disconnect } = obtainLiveBridge(options);
  const stop = onSignInChange(client, () =>
    notifyManager.batch(() => {
      bridgeOf(queryClient)?.reset();
      clearUserData({ queryClient, keeps: () => false });
    }),
  );
  connect();
  let isConnected = true;
  return {
    status,
    listen,
    disconnect() {
      stop();
      if (isConnected) disconnect();
      isConnected = false;
    },
  };
}
