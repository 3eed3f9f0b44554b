import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { getUntypedClient, TRPCClientError, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { sessionKey } from "../client/session-key.js";
import { retryDelay, shouldRetry } from "./retry-policy.js";
import { sessionStateOf, type SessionState, type SessionUserOf } from "./session-state.js";

/** The longest pause between two attempts to reach the server, in milliseconds. */
const LONGEST_PAUSE_MS = 30_000;

/** The last error of the request. TanStack Query drops it when the next attempt starts. */
const lastErrors = new WeakMap<QueryClient, Error>();

/**
 * Returns the signed-in user. Reads it from the server at first, and again when the page becomes visible or the network comes
 * back. Follows sign-ins and sign-outs of this page and of other tabs. While the server cannot be reached, it retries at least
 * twice a minute.
 */
export function useSessionOf<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
): SessionState<SessionUserOf<TRouter>> {
  const queryClient = useQueryClient();
  const { data, error, errorUpdateCount } = useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => fetchSessionUser(client, queryClient, signal),
    staleTime: Infinity,
    gcTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    // Offline, the query fails at once instead of staying `loading` until the network comes back.
    networkMode: "always",
    retry: (failures, cause: Error) =>
      failures === 0 && globalThis.navigator?.onLine !== false && shouldRetry(failures, cause),
    retryDelay,
    refetchInterval: ({ state }) =>
      state.status === "error" && state.data === undefined
        ? Math.min(1_000 * 2 ** state.errorUpdateCount, LONGEST_PAUSE_MS)
        : false,
  });
  const isRetrying = errorUpdateCount > 0 && error === null;
  return sessionStateOf(data, isRetrying ? (lastErrors.get(queryClient) ?? null) : error);
}

async function fetchSessionUser<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
  queryClient: QueryClient,
  signal: AbortSignal,
): Promise<SessionUserOf<TRouter> | null> {
  try {
    const result = await getUntypedClient(client).query("auth.me", undefined, { signal });
    return (result as { user: SessionUserOf<TRouter> }).user;
  } catch (error) {
    if (error instanceof TRPCClientError && isSignedOut(error.data)) return null;
    if (error instanceof Error) lastErrors.set(queryClient, error);
    throw error;
  }
}

/** Whether the error shows that no user is signed in. A suspension ends all sessions. */
function isSignedOut(data: unknown): boolean {
  const { code, reason } = (data ?? {}) as { readonly code?: unknown; readonly reason?: unknown };
  return code === "UNAUTHORIZED" || reason === "ACCOUNT_SUSPENDED";
}
