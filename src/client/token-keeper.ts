import type { SessionTokens } from "../shared/call.js";
import type { ClientSession, ClientSessions } from "./client-sessions.js";

/** Where a client that is no browser keeps its tokens: a file, a phone's key chain, a variable. */
export interface TokenStore {
  get(): SessionTokens | undefined | Promise<SessionTokens | undefined>;
  /** Called after signing in and after each refresh; without tokens when nobody is signed in any more. */
  set(tokens: SessionTokens | undefined): void | Promise<void>;
}

export interface TokenKeeperOptions {
  readonly store: TokenStore;
  readonly sessions: Pick<ClientSessions, "changedError">;
  /** Exchanges a refresh token; `undefined` when its session is over. */
  readonly exchange: (refreshToken: string) => Promise<SessionTokens | undefined>;
  /** The session turned out to be over. */
  readonly onEnd: () => void;
}

/** How long before its end an access token is exchanged, in milliseconds: it has to last for the way. */
const EARLY = 10_000;
/** How long a token is used that seems to be over when it comes, in milliseconds: this device's clock is ahead then. */
const WITHOUT_CLOCK = 60_000;

/** Keeps a client's tokens good: however many calls find them stale, they are refreshed once. */
export function createTokenKeeper({ store, sessions, exchange, onEnd }: TokenKeeperOptions) {
  let underway: { readonly session: ClientSession; readonly tokens: Promise<SessionTokens | undefined> } | undefined;
  /** Writes happen one after the other, in the order of the replies that cause them. */
  let writes: Promise<unknown> = Promise.resolve();
  /** The newest token that came and seemed to be over, and when that was, by a clock that nobody sets. */
  let odd: { readonly token: string; readonly at: number } | undefined;

  function assertCurrent(session: ClientSession): void {
    if (session.isOver) throw sessions.changedError();
  }

  function isFresh({ accessToken, accessExpiresAt }: SessionTokens): boolean {
    if (accessExpiresAt - EARLY > Date.now()) return true;
    return odd?.token === accessToken && performance.now() - odd.at < WITHOUT_CLOCK;
  }

  function write<TResult>(run: () => Promise<TResult>): Promise<TResult> {
    const result = writes.then(run);
    writes = result.catch(() => {});
    return result;
  }

  /**
   * Reads the tokens of a session, after the writes that are under way.
   *
   * @throws TRPCClientError UNAUTHORIZED when the session is over
   */
  async function read(session: ClientSession): Promise<SessionTokens | undefined> {
    await writes;
    const tokens = await store.get();
    assertCurrent(session);
    return tokens;
  }

  async function refresh(session: ClientSession): Promise<SessionTokens | undefined> {
    const tokens = await read(session);
    if (!tokens) return undefined;
    const next = await exchange(tokens.refreshToken);
    return write(async () => {
      assertCurrent(session);
      const found = await store.get();
      assertCurrent(session);
      // Another process replaced the tokens: they are newer than the reply.
      if (found?.refreshToken !== tokens.refreshToken) {
        if (found && (userOf(found) === undefined || userOf(found) !== userOf(tokens))) throw sessions.changedError();
        return found;
      }
      if (next && !isFresh(next)) odd = { token: next.accessToken, at: performance.now() };
      await store.set(next);
      assertCurrent(session);
      if (!next) onEnd();
      return next;
    });
  }

  function refreshOnce(session: ClientSession): Promise<SessionTokens | undefined> {
    if (underway?.session === session) return underway.tokens;
    const tokens = refresh(session).finally(() => {
      if (underway?.tokens === tokens) underway = undefined;
    });
    underway = { session, tokens };
    return tokens;
  }

  return {
    /**
     * Returns tokens that stay valid for a while; `undefined` when nobody is signed in.
     *
     * @throws TRPCClientError UNAUTHORIZED when the session is over
     */
    async fresh(session: ClientSession): Promise<SessionTokens | undefined> {
      assertCurrent(session);
      if (underway?.session === session) return underway.tokens;
      const tokens = await read(session);
      if (!tokens) return undefined;
      return isFresh(tokens) ? tokens : refreshOnce(session);
    },

    /**
     * Replaces tokens that the server has just refused. Returns whether the same user has other tokens now.
     *
     * @throws TRPCClientError UNAUTHORIZED when the store has the tokens of another user
     */
    async renew(session: ClientSession, refused: SessionTokens | undefined): Promise<boolean> {
      const tokens = await read(session);
      if (!tokens) return false;
      if (refused && userOf(refused) !== userOf(tokens)) throw sessions.changedError();
      // The call was slow, and the tokens were refreshed meanwhile.
      if (underway?.session !== session && tokens.accessToken !== refused?.accessToken) return true;
      return (await refreshOnce(session)) !== undefined;
    },

    keep: (tokens: SessionTokens | undefined): Promise<void> => write(async () => store.set(tokens)),
  };
}

export type TokenKeeper = ReturnType<typeof createTokenKeeper>;

/** The user in a refresh token, which starts with `userId.sessionId.generation`; `undefined` for other formats. */
function userOf({ refreshToken }: SessionTokens): string | undefined {
  const parts = refreshToken.split(".");
  return parts.length === 4 ? parts[0] : undefined;
}
