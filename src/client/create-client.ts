import { createTRPCClient, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { createClientState, rememberState } from "./client-state.js";
import { linkWith, type UserDOLinkOptions } from "./userdo-link.js";

/**
 * Creates an ordinary tRPC client of the app's router, with all types inferred. Calls go over HTTP in batches,
 * subscriptions over one socket for each owner. Outside a browser, `url` must be absolute.
 *
 * @throws Error if `liveTimeout` or `pollInterval` is more than 60 seconds
 * @example
 * ```ts
 * const trpc = createClient<AppRouter>({ url: "/trpc" });
 * const posts = await trpc.posts.list.query();
 * ```
 */
export function createClient<TRouter extends AnyTRPCRouter>(options: UserDOLinkOptions = {}): TRPCClient<TRouter> {
  const state = createClientState(options);
  const client = createTRPCClient<TRouter>({ links: [linkWith<TRouter>(options, state)] });
  rememberState(client, state);
  return client;
}
