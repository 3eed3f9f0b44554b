import type { AnyTRPCRouter } from "@trpc/server";
import { onSignInChange } from "../sign-in-events.js";
import { bridgeOf } from "./bridges.js";
import { obtainLiveBridge, type LiveBridgeOptions } from "./create-live-bridge.js";
import { forgetUser } from "./forget-user.js";
import type { LiveStatus } from "./live-status.js";

/** Live queries of a cache. */
export interface LiveConnection {
  readonly status: () => LiveStatus;
  /** Calls whenever the status has changed. Gives the function that stops it. */
  readonly listen: (listener: () => void) => () => void;
  /** Ends all subscriptions. */
  readonly disconnect: () => void;
}

/**
 * Keeps the queries of a TanStack Query cache current that are marked by `live`, and empties it when somebody else
 * signs in. For any of its adapters: React's provider does it by itself.
 *
 * @throws Error for a client that `createClient` did not make
 */
export function connectLive<TRouter extends AnyTRPCRouter>(options: LiveBridgeOptions<TRouter>): LiveConnection {
  const { client, queryClient, notifyManager } = options;
  const { status, listen, connect, disconnect } = obtainLiveBridge(options);
  const stop = onSignInChange(client, () =>
    notifyManager.batch(() => {
      bridgeOf(queryClient)?.forget();
      forgetUser({ queryClient, keeps: () => false });
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
