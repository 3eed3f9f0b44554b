import type { SessionTokens } from "../shared/call.js";
import type { ClientSession, ClientSessions, SessionCall } from "./client-sessions.js";
import { createSessionUsers } from "./session-users.js";
import type { SignInChange } from "./other-tabs.js";

/** The place where a client that does not use cookies stores its tokens: a file, a phone's key chain, a variable. */
export interface TokenStore {
  get(): SessionTokens | undefined | Promise<SessionTokens | undefined>;
  /** Called after a sign-in and after each refresh; with `undefined` when the session has ended. */
  set(tokens: SessionTokens | undefined): void | Promise<void>;
}

export interface TokenKeeperOptions {
  readonly store: TokenStore;
  readonly sessions: Pick<ClientSessions, "current" | "changedBy" | "changedError" | "isChangedError">;
  /** Exchanges a refresh token; `undefined` when its session has ended. */
  readonly exchange: (refreshToken: string) => Promise<SessionTokens | undefined>;
  /** Called when a refresh shows that the session has ended. */
  readonly onEnd: () => void;
  /** Called when another client or process has changed the signed-in user. It must replace the current session. */
  readonly onChangeElsewhere: (change: SignInChange) => void;
}

export interface KeepOptions {
  /** Whether the call was ended. Its tokens are then not stored. */
  readonly isEnded: () => boolean;
  /** Called at the moment at which the new session begins. */
  readonly onStored: () => void;
}

/** How long before its expiry an access token is refreshed, in milliseconds, so that it is valid when the call arrives. */
const REFRESH_EARLY_MS = 10_000;
/** How long the client uses a new token that seems to be expired, in milliseconds, because this device's clock is ahead. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Stores and refreshes a client's tokens. Concurrent calls share one refresh. Other clients may write to the same store, so a
 * session uses and replaces only the tokens of its own user.
 */
export function createTokenKeeper({ store, sessions, exchange, onEnd, onChangeElsewhere }: TokenKeeperOptions) {
  const users = createSessionUsers({ sessions, onChangeElsewhere });
  let refreshing: { readonly session: ClientSession; readonly tokens: Promise<SessionTokens | undefined> } | undefined;
  /** The newest write to the store. Each write waits for the one before it. */
  let writes: Promise<unknown> = Promise.resolve();
  /** The newest token that seemed to be expired when it arrived, and its arrival time by the monotonic clock. */
  let skewed: { readonly token: string; readonly at: number } | undefined;

  function assertCurrent(session: ClientSession): void {
    if (session.isEnded) throw sessions.changedError();
  }

  function isFresh({ accessToken, accessExpiresAt }: SessionTokens): boolean {
    if (accessExpiresAt - REFRESH_EARLY_MS > Date.now()) return true;
    return skewed?.token === accessToken && performance.now() - skewed.at < CLOCK_SKEW_MS;
  }

  function write<TResult>(run: () => Promise<TResult>): Promise<TResult> {
    const result = writes.then(run);
    writes = result.catch(() => {});
    return result;
  }

  /**
   * Reads the tokens of a session, after the writes in progress.
   *
   * @throws TRPCClientError UNAUTHORIZED when the session has ended, or when the store has the tokens of another user
   */
  async function read(session: ClientSession): Promise<SessionTokens | undefined> {
    await writes;
    await users.first(session);
    const tokens = await store.get();
    assertCurrent(session);
    users.assertSame(session, tokens);
    return tokens;
  }

  /** Calls `run` with the stored tokens. With a synchronous store, no other client can write in between. */
  function withStored<TResult>(run: (found: SessionTokens | undefined) => Promise<TResult>): Promise<TResult> {
    const found = store.get();
    return found instanceof Promise ? found.then(run) : run(found);
  }

  function end(): void {
    onEnd();
    users.set(sessions.current(), undefined);
  }

  async function refresh(session: ClientSession): Promise<SessionTokens | undefined> {
    const tokens = await read(session);
    if (!tokens) return undefined;
    const next = await exchange(tokens.refreshToken);
    const save = async (found: SessionTokens | undefined): Promise<SessionTokens | undefined> => {
      assertCurrent(session);
      users.assertSame(session, found);
      // Another process replaced the tokens. Those are newer than the response.
      if (found?.refreshToken !== tokens.refreshToken) return found;
      if (next && !isFresh(next)) skewed = { token: next.accessToken, at: performance.now() };
      await store.set(next);
      assertCurrent(session);
      if (!next) end();
      return next;
    };
    return write(async () => {
      assertCurrent(session);
      return withStored(save);
    });
  }

  function refreshOnce(session: ClientSession): Promise<SessionTokens | undefined> {
    if (refreshing?.session === session) return refreshing.tokens;
    const tokens = refresh(session).finally(() => {
      if (refreshing?.tokens === tokens) refreshing = undefined;
    });
    refreshing = { session, tokens };
    return tokens;
  }

  return {
    /**
     * Returns tokens that stay valid for a while; `undefined` when nobody is signed in.
     *
     * @throws TRPCClientError UNAUTHORIZED when the session has ended
     */
    async fresh(session: ClientSession): Promise<SessionTokens | undefined> {
      assertCurrent(session);
      const tokens = refreshing?.session === session ? await refreshing.tokens : await read(session);
      const fresh = !tokens || isFresh(tokens) ? tokens : await refreshOnce(session);
      // The session may have just ended. Its calls must not be sent without a user.
      assertCurrent(session);
      return fresh;
    },

    /**
     * Replaces tokens that the server has just rejected. Returns whether the same user has other tokens now.
     *
     * @throws TRPCClientError UNAUTHORIZED when the store has the tokens of another user
     */
    async renew(session: ClientSession, refused: SessionTokens | undefined): Promise<boolean> {
      const tokens = await read(session);
      if (!tokens) return false;
      // The call was slow, and the tokens were refreshed meanwhile.
      if (refreshing?.session !== session && tokens.accessToken !== refused?.accessToken) return true;
      return (await refreshOnce(session)) !== undefined;
    },

    /**
     * Stores the tokens of a call that signed in or out, or renewed its session. Only a sign-in replaces the tokens of
     * another user. The new session begins when they are stored, which ends waiting calls of the previous one.
     *
     * @throws TRPCClientError UNAUTHORIZED when the store has the tokens of another user
     */
    keep(call: SessionCall, tokens: SessionTokens | undefined, { isEnded, onStored }: KeepOptions): Promise<void> {
      const set = async (): Promise<void> => {
        await store.set(tokens);
        if (isEnded()) return;
        if (call.change) {
          sessions.changedBy(call);
          users.set(sessions.current(), tokens);
        }
        onStored();
      };
      return write(async () => {
        if (isEnded()) return undefined;
        if (call.change === "signedIn") return set();
        return withStored(async (found) => {
          // Without tokens there is no user to compare: another response has already ended the session.
          if (tokens || found) users.assertSame(call.session, found);
          return set();
        });
      });
    },

    /** Deletes the tokens of a session that the server no longer accepts, and reports its end. */
    end: (session: ClientSession): Promise<void> =>
      write(async () => {
        try {
          await withStored(async (found) => {
            users.assertSame(session, found);
            await store.set(undefined);
          });
        } catch (cause) {
          if (sessions.isChangedError(cause)) return;
        }
        if (!session.isEnded) end();
      }),
  };
}

export type TokenKeeper = ReturnType<typeof createTokenKeeper>;
