import { createTRPCClient, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { createWriteAcks, rememberWriteAcks } from "./write-acks.js";
import { createSignInEvents, rememberSignInEvents } from "./sign-in-events.js";
import { linkWith, type UserDOLinkOptions } from "./userdo-link.js";

/**
 * An ordinary tRPC client of the app's router, with all types inferred: calls go over HTTP in batches,
 * subscriptions over one socket for each owner.
 */
export function createClient<TRouter extends AnyTRPCRouter>(options: UserDOLinkOptions = {}): TRPCClient<TRouter> {
  const signIn = createSignInEvents();
  const flushes = createWriteAcks(options.liveTimeout);
  const client = createTRPCClient<TRouter>({ links: [linkWith<TRouter>(options, flushes, signIn)] });
  rememberSignInEvents(client, signIn);
  rememberWriteAcks(client, flushes);
  return client;
}
