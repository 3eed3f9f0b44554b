import { useQuery } from "@tanstack/react-query";
import { getUntypedClient, TRPCClientError, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { sessionStateOf, type SessionState, type SessionUser } from "./session-state.js";

/** The key of the one query that knows who is signed in. */
export const sessionKey = ["trpc-userdo", "session"] as const;

/** Who is signed in. Asks the server once, and follows what the page's own calls do from then on. */
export function useSessionOf<TRouter extends AnyTRPCRouter>(client: TRPCClient<TRouter>): SessionState {
  const { data, error } = useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => whoIsSignedIn(client, signal),
    staleTime: Infinity,
  });
  return sessionStateOf(data, error);
}

async function whoIsSignedIn<TRouter extends AnyTRPCRouter>(
  client: TRPCClient<TRouter>,
  signal: AbortSignal,
): Promise<SessionUser | null> {
  try {
    const answer = (await getUntypedClient(client).query("auth.me", undefined, { signal })) as { user: SessionUser };
    return answer.user;
  } catch (error) {
    if (error instanceof TRPCClientError && isUnauthorized(error.data)) return null;
    throw error;
  }
}

function isUnauthorized(data: unknown): boolean {
  return typeof data === "object" && data !== null && "code" in data && data.code === "UNAUTHORIZED";
}
