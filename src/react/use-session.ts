import { useQuery } from "@tanstack/react-query";
import { getUntypedClient, TRPCClientError, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { sessionKey } from "./follow-sign-in.js";
import { sessionStateOf, type SessionState, type SessionUserOf } from "./session-state.js";

/** Who is signed in. Asks the server once, and follows what this page and the other tabs do from then on. */
export function useSessionOf<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
): SessionState<SessionUserOf<TRouter>> {
  const { data, error } = useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => whoIsSignedIn(client, signal),
    staleTime: Infinity,
    gcTime: Infinity,
  });
  return sessionStateOf(data, error);
}

async function whoIsSignedIn<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
  signal: AbortSignal,
): Promise<SessionUserOf<TRouter> | null> {
  try {
    const answer = await getUntypedClient(client).query("auth.me", undefined, { signal });
    return (answer as { user: SessionUserOf<TRouter> }).user;
  } catch (error) {
    if (error instanceof TRPCClientError && isUnauthorized(error.data)) return null;
    throw error;
  }
}

function isUnauthorized(data: unknown): boolean {
  return typeof data === "object" && data !== null && "code" in data && data.code === "UNAUTHORIZED";
}
