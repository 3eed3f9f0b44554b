import { notifyManager, QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import type { TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { live } from "../client/index.js";
import { obtainLiveBridge } from "../client/live/create-live-bridge.js";
import { createClientRegistry } from "./client-registry.js";
import { followSignIn } from "./follow-sign-in.js";
import { optimistic } from "./optimistic.js";
import { addDefaults } from "./query-defaults.js";
import type { SessionState, SessionUserOf } from "./session-state.js";
import { LiveBridgeContext, useLiveStatus } from "./use-live-status.js";
import { useSessionOf } from "./use-session.js";
import { requireProvider } from "./require-provider.js";

export interface UserDOProviderProps<TRouter extends AnyTRPCRouter> {
  readonly children: ReactNode;
  /**
   * Where tRPC answers. With another one, the children are mounted again.
   * @default "/trpc"
   */
  readonly url?: string;
  /**
   * The app's own client, made by `createClient`.
   * @default one made for `url`
   */
  readonly client?: TRPCClient<TRouter>;
  /**
   * The app's own TanStack Query client. The defaults of `createQueryClient` are added to it where it has none.
   * @default a new one
   */
  readonly queryClient?: QueryClient;
}

type Context<TRouter extends AnyTRPCRouter> = ReturnType<typeof createTRPCContext<TRouter>>;

export interface UserDOReact<TRouter extends AnyTRPCRouter> {
  /** Goes around the app: brings the client, TanStack Query and the sign-in state. */
  readonly UserDOProvider: (props: UserDOProviderProps<TRouter>) => ReactNode;
  /** The options proxy of `@trpc/tanstack-react-query`: `useQuery(trpc.posts.list.queryOptions())`. */
  readonly useTRPC: Context<TRouter>["useTRPC"];
  /** The client itself, for calls outside of hooks. */
  readonly useTRPCClient: Context<TRouter>["useTRPCClient"];
  /** Who is signed in. */
  readonly useSession: () => SessionState<SessionUserOf<TRouter>>;
  /** Keeps a query current: `useQuery(live(trpc.posts.list.queryOptions()))`. */
  readonly live: typeof live;
  /** Shows a mutation's outcome before the server has it. */
  readonly optimistic: typeof optimistic;
  /** Whether the page's live queries are current. */
  readonly useLiveStatus: typeof useLiveStatus;
}

/**
 * The React side of an app:
 * `export const { UserDOProvider, useTRPC, useSession, live } = createUserDOReact<AppRouter>()`.
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
    // Another URL is another server, with clients of its own. The hooks of TanStack Query keep their first client until they
    // are mounted again.
    const current = known.url === url ? known : obtain();
    if (current !== known) setKnown(current);
    const { own } = current;
    const client = given ?? own.client;
    const queryClient = useMemo(() => addDefaults(givenQueries ?? own.queryClient), [givenQueries, own]);
    // There from the first render on, in which a query may be read already; on a server that renders there is none.
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
  };
}
