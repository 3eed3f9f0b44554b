import type { QueryClient } from "@tanstack/react-query";
import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { createClient } from "../client/index.js";
import { stateOf } from "../client/client-state.js";
import { createQueryClient } from "./query-defaults.js";

export interface ClientsOptions<TRouter extends AnyTRPCRouter> {
  readonly url: string | undefined;
  readonly client: TRPCClient<TRouter> | undefined;
  readonly queryClient: QueryClient | undefined;
}

/** The tRPC client and the query client of one provider. */
export interface Clients<TRouter extends AnyTRPCRouter> {
  readonly client: TRPCClient<TRouter>;
  readonly queryClient: QueryClient;
  /** The provider is mounted. Returns the function to call when it is unmounted. */
  readonly mount: () => () => void;
}

interface WaitingClients<TRouter extends AnyTRPCRouter> extends Clients<TRouter> {
  readonly closeIfAbandoned: () => void;
}

/** How long clients wait for the provider that they were created for, in milliseconds. */
const ABANDONED_MS = 10_000;

/**
 * Creates the clients that an app does not pass to its provider. React discards the state of a component that suspends before
 * it is mounted. The registry returns the same clients to its next render, so that there is one client, one socket and one
 * request however often React renders.
 */
export function createClientRegistry<TRouter extends AnyTRPCRouter>() {
  const withoutGiven = {};
  /**
   * Clients whose provider is not mounted yet, and clients of mounted providers that share a query client. Keyed by the client that
   * the app has passed, and by URL.
   */
  const waiting = new WeakMap<object, Map<string | undefined, WaitingClients<TRouter>>>();

  return {
    /** Returns the clients for a provider that is being rendered. */
    obtain(options: ClientsOptions<TRouter>): Clients<TRouter> {
      // A server that renders must not share them between requests.
      if (typeof window === "undefined") return createClients(options, () => {});
      const { url, client, queryClient } = options;
      const given = client ?? queryClient ?? withoutGiven;
      const byUrl = waiting.get(given) ?? new Map<string | undefined, WaitingClients<TRouter>>();
      waiting.set(given, byUrl);
      const clients = byUrl.get(url) ?? createClients(options, () => byUrl.delete(url));
      byUrl.set(url, clients);
      clients.closeIfAbandoned();
      return clients;
    },
  };
}

function createClients<TRouter extends AnyTRPCRouter>(
  { url, client: given, queryClient: givenQueries }: ClientsOptions<TRouter>,
  stopWaiting: () => void,
): WaitingClients<TRouter> {
  const client = given ?? createClient<TRouter>(url === undefined ? {} : { url });
  const queryClient = givenQueries ?? createQueryClient();
  // Two clients for one cache would open each of its live queries twice.
  const isShared = givenQueries !== undefined && given === undefined;
  const tabs = given ? undefined : stateOf(client)?.tabs;
  let mounted = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function close(): void {
    stopWaiting();
    tabs?.close();
  }

  return {
    client,
    queryClient,

    closeIfAbandoned() {
      if (mounted > 0) return;
      clearTimeout(timer);
      timer = setTimeout(function check() {
        // A component may be suspended for as long as its query takes.
        if (queryClient.isFetching() > 0) timer = setTimeout(check, ABANDONED_MS);
        else close();
      }, ABANDONED_MS);
    },

    mount() {
      clearTimeout(timer);
      if (!isShared) stopWaiting();
      mounted++;
      tabs?.open();
      return () => {
        mounted--;
        // Strict mode mounts each component twice in a row.
        if (mounted === 0) timer = setTimeout(close, 0);
      };
    },
  };
}
