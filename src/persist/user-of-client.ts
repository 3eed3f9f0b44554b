import { getUntypedClient, type TRPCClient } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { ClientState } from "../client/client-state.js";
import { NO_USER } from "../shared/user-header.js";

/** How long the server may take to name the user, in milliseconds. On a phone, a request without a network may never end. */
const SERVER_TIMEOUT_MS = 5_000;

export interface UserOfClientOptions<TRouter extends AnyTRPCRouter> {
  readonly client: TRPCClient<TRouter>;
  readonly state: ClientState;
}

/** Reads which user is signed in, as far as this page knows. */
export function createUserOfClient<TRouter extends AnyTRPCRouter>({ client, state }: UserOfClientOptions<TRouter>) {
  const { sessions, watch, options } = state;

  /** Returns the user's id; `undefined` if nobody is signed in, or if no response has named the user of the cookies yet. */
  async function current(): Promise<string | undefined> {
    // A refresh token starts with the user's id.
    if (options.tokens) return (await options.tokens.get())?.refreshToken.split(".")[0];
    const user = sessions?.current().user;
    return user === NO_USER ? undefined : user;
  }

  /** Waits for a response, which names the user of the cookies. */
  async function ask(): Promise<void> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), SERVER_TIMEOUT_MS);
    try {
      await getUntypedClient(client).query("auth.me", undefined, { signal: timeout.signal });
    } catch {
      // An error of the server names the user, too.
    }
    clearTimeout(timer);
  }

  return {
    current,

    /**
     * Returns the user's id. Scripts cannot read the session's cookies, so only the server knows. If it cannot be reached, the last
     * user counts as signed in: the client then compares each response with that user, and never sends a mutation as another one.
     */
    async find(lastUser: string): Promise<string | undefined> {
      if (options.tokens || !sessions) return current();
      const session = sessions.current();
      if (session.user === undefined) await ask();
      if (session.user === undefined && !session.isEnded) {
        session.user = lastUser;
        watch?.onSignedIn();
      }
      return current();
    },
  };
}
