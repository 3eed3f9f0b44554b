import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { getUntypedClient, TRPCClientError, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { sessionKey } from "./follow-sign-in.js";
import { retryDelay, shouldRetry } from "./retry-policy.js";
import { sessionStateOf, type SessionState, type SessionUserOf } from "./session-state.js";

/** The longest time between two tries to reach the server, in milliseconds. */
const LONGEST_PAUSE_MS = 30_000;

/** Why the server could not be asked. TanStack Query drops an error as soon as the server is asked again. */
const lastErrors = new WeakMap<QueryClient, Error>();

/**
 * Who is signed in. Asks the server at first, and again when the page becomes visible or the network comes back; follows
 * what this page and the other tabs do. While the server cannot be reached, it asks again at least twice a minute.
 */
export function useSessionOf<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
): SessionState<SessionUserOf<TRouter>> {
  const queryClient = useQueryClient();
  const { data, error, errorUpdateCount } = useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => whoIsSignedIn(client, queryClient, signal),
    staleTime: Infinity,
    gcTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    // Offline it fails at once, instead of being `loading` until the network comes back.
    networkMode: "always",
    retry: (failures, cause: Error) =>
      failures === 0 && globalThis.navigator?.onLine !== false && shouldRetry(failures, cause),
    retryDelay,
    refetchInterval: ({ state }) =>
      state.status === "error" && state.data === undefined
        ? Math.min(1_000 * 2 ** state.errorUpdateCount, LONGEST_PAUSE_MS)
        : false,
  });
  const isAskedAgain = errorUpdateCount > 0 && error === null;
  return sessionStateOf(data, isAskedAgain ? (lastErrors.get(queryClient) ?? null) : error);
}

async function whoIsSignedIn<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
  queryClient: QueryClient,
  signal: AbortSignal,
): Promise<SessionUserOf<TRouter> | null> {
  try {
    const answer = await getUntypedClient(client).query("auth.me", undefined, { signal });
    return (answer as { user: SessionUserOf<TRouter> }).user;
  } catch (error) {
    if (error instanceof TRPCClientError && isUnauthorized(error.data)) return null;
    if (error instanceof Error) lastErrors.set(queryClient, error);
    throw error;
  }
}

function isUnauthorized(data: unknown): boolean {
  return typeof data === "object" && data !== null && "code" in data && data.code === "UNAUTHORIZED";
}
