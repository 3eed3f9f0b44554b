import { notifyManager, QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { live, type RetryStatus } from "../client/index.js";
import { obtainLiveBridge } from "../client/live/create-live-bridge.js";
import { createClientRegistry } from "./client-registry.js";
import { followSignIn } from "./follow-sign-in.js";
import { optimistic } from "./optimistic.js";
import { addDefaults } from "./query-defaults.js";
import type { SessionState, SessionUserOf } from "./session-state.js";
import { LiveBridgeContext, useLiveStatus } from "./use-live-status.js";
import { usePresenceOf, type UsePresence } from "./use-presence.js";
import { useRetryStatusOf } from "./use-retry-status.js";
import { useSessionOf } from "./use-session.js";

export interface UserDOProviderProps<TRouter extends AnyTRPCRouter> {
  readonly children: ReactNode;
  /**
   * The URL of the tRPC endpoint. When it changes, the children are mounted again.
   * @default "/trpc"
   */
  readonly url?: string;
  /**
   * The app's own client, from `createClient`.
   * @default a new client for `url`
   */
  readonly client?: TRPCClient<TRouter>;
  /**
   * The app's own TanStack Query client. It gets the defaults of `createQueryClient` that it does not set itself.
   * @default a new query client
   */
  readonly queryClient?: QueryClient;
}

type Context<TRouter extends AnyTRPCRouter> = ReturnType<typeof createTRPCContext<TRouter>>;

export interface UserDOReact<TRouter extends AnyTRPCRouter> {
  /** Provides the client, TanStack Query and the sign-in state to the app. */
  readonly UserDOProvider: (props: UserDOProviderProps<TRouter>) => ReactNode;
  /** The options proxy of `@trpc/tanstack-react-query`: `useQuery(trpc.posts.list.queryOptions())`. */
  readonly useTRPC: Context<TRouter>["useTRPC"];
  /** Returns the client itself, for calls outside of hooks. */
  readonly useTRPCClient: Context<TRouter>["useTRPCClient"];
  /** Returns the signed-in user. */
  readonly useSession: () => SessionState<SessionUserOf<TRouter>>;
  /** Makes a query live: `useQuery(live(trpc.posts.list.queryOptions()))`. */
  readonly live: typeof live;
  /** Shows the expected result of a mutation before the server responds. */
  readonly optimistic: typeof optimistic;
  /** Whether the page's live queries are current. */
  readonly useLiveStatus: typeof useLiveStatus;
  /** Returns who is connected to the user, an organization or the app: `usePresence({ organizationId, state: { page } })`. */
  readonly usePresence: UsePresence<TRouter>;
  /** How many calls the client is sending again after a temporary error. */
  readonly useRetryStatus: () => RetryStatus;
}

/**
 * Creates the provider and the hooks of an app.
 *
 * @example
 * ```tsx
 * export const { UserDOProvider, useTRPC, useSession, live } = createUserDOReact<AppRouter>();
 * ```
 */
export function createUserDOReact<TRouter extends AnyTRPCRouter>(): UserDOReact<TRouter> {
  const context = createTRPCContext<TRouter>();
  const { TRPCProvider } = context;
  const useTRPC = requireProvider("useTRPC", context.useTRPC);
  const useTRPCClient = requireProvider("useTRPCClient", context.useTRPCClient);
  const registry = createClientRegistry<TRouter>();

  function UserDOProvider({ children, url, client: given, queryClient: givenQueries }: UserDOProviderProps<TRouter>) {
    const obtain = () => ({ url, own: registry.obtain({ url, client: given, queryClient: givenQueries }) });
    const [known, setKnown] = useState(obtain);
    // Another URL is another server, which needs its own clients. The hooks of TanStack Query keep their first client until they
    // are mounted again.
    const current = known.url === url ? known : obtain();
    if (current !== known) setKnown(current);
    const { own } = current;
    const client = given ?? own.client;
    const queryClient = useMemo(() => addDefaults(givenQueries ?? own.queryClient), [givenQueries, own]);
    // Created with the first render, which may already read a query. A server that renders has no bridge.
    const bridge = useMemo(
      () => (typeof window === "undefined" ? undefined : obtainLiveBridge({ client, queryClient, notifyManager })),
      [client, queryClient],
    );

    useEffect(() => own.mount(), [own]);
    useEffect(() => followSignIn(client, queryClient), [client, queryClient]);
    useEffect(() => {
      bridge?.connect();
      return bridge?.disconnect;
    }, [bridge]);

    return (
      <QueryClientProvider key={url} client={queryClient}>
        <TRPCProvider trpcClient={client} queryClient={queryClient}>
          <LiveBridgeContext.Provider value={bridge}>{children}</LiveBridgeContext.Provider>
        </TRPCProvider>
      </QueryClientProvider>
    );
  }

  return {
    UserDOProvider,
    useTRPC,
    useTRPCClient,
    useSession: () => useSessionOf(useTRPCClient()),
    live,
    optimistic,
    useLiveStatus,
    // The overloads have the types of the app's states.
    usePresence: ((options) => usePresenceOf(useTRPCClient(), options)) as UsePresence<TRouter>,
    useRetryStatus: () => useRetryStatusOf(useTRPCClient()),
  };
}

/** Part of the message of tRPC's hooks without a provider. Their error has no class of its own. */
const WITHOUT_PROVIDER = "<TRPCProvider>";

/**
 * Wraps a hook of tRPC, so that its error without a provider names `UserDOProvider`. tRPC's own error names a provider that the
 * app does not use. Other errors are not changed, such as React's error for a hook outside of a component.
 *
 * @throws Error without a `UserDOProvider` around the component
 */
export function requireProvider<TValue>(name: string, hook: () => TValue): () => TValue {
  return () => {
    try {
      return hook();
    } catch (cause) {
      if (!(cause instanceof Error && cause.message.includes(WITHOUT_PROVIDER))) throw cause;
      throw new Error(`${name}() needs a <UserDOProvider> around the component.`, { cause });
    }
  };
}
