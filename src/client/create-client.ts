import { createTRPCClient, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { createFlushes, rememberFlushes } from "./flushes.js";
import { createSignInEvents, rememberSignInEvents } from "./sign-in-events.js";
import { linkWith, type UserDOLinkOptions } from "./userdo-link.js";

/**
 * An ordinary tRPC client of the app's router, with all types inferred: calls go over HTTP in batches,
 * subscriptions over one socket for each owner.
 */
export function createClient<TRouter extends AnyTRPCRouter>(options: UserDOLinkOptions = {}): TRPCClient<TRouter> {
  const signIn = createSignInEvents();
  const flushes = createFlushes(options.liveWait);
  const client = createTRPCClient<TRouter>({ links: [linkWith<TRouter>(options, flushes, signIn)] });
  rememberSignInEvents(client, signIn);
  rememberFlushes(client, flushes);
  return client;
}
