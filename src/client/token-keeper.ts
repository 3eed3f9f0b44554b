import type { SessionTokens } from "../shared/call.js";
import type { ClientSession, ClientSessions, SessionCall } from "./client-sessions.js";
import { createSessionUsers } from "./session-users.js";
import type { SignInChange } from "./other-tabs.js";

/** Where a client that is no browser keeps its tokens: a file, a phone's key chain, a variable. */
export interface TokenStore {
  get(): SessionTokens | undefined | Promise<SessionTokens | undefined>;
  /** Called after signing in and after each refresh; without tokens when nobody is signed in any more. */
  set(tokens: SessionTokens | undefined): void | Promise<void>;
}

export interface TokenKeeperOptions {
  readonly store: TokenStore;
  readonly sessions: Pick<ClientSessions, "current" | "changedBy" | "changedError" | "isChangedError">;
  /** Exchanges a refresh token; `undefined` when its session is over. */
  readonly exchange: (refreshToken: string) => Promise<SessionTokens | undefined>;
  /** The session turned out to be over. */
  readonly onEnd: () => void;
  /** Another client or process changed who is signed in. It has to replace the current session. */
  readonly onChangeElsewhere: (change: SignInChange) => void;
}

export interface KeepOptions {
  /** Whether the call was ended: nothing is stored then. */
  readonly isEnded: () => boolean;
  /** Called at the moment at which the new session begins. */
  readonly onStored: () => void;
}

/** How long before its end an access token is exchanged, in milliseconds: it has to last for the way. */
const EARLY = 10_000;
/** How long a token is used that seems to be over when it comes, in milliseconds: this device's clock is ahead then. */
const WITHOUT_CLOCK = 60_000;

/**
 * Keeps a client's tokens fresh. Calls that find them stale at the same time share one refresh. Other clients may write
 * to the same store, so a session uses and replaces only the tokens of its own user.
 */
export function createTokenKeeper({ store, sessions, exchange, onEnd, onChangeElsewhere }: TokenKeeperOptions) {
  const users = createSessionUsers({ sessions, onChangeElsewhere });
  let underway: { readonly session: ClientSession; readonly tokens: Promise<SessionTokens | undefined> } | undefined;
  /** The newest write to the store. Each write waits for the one before it. */
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
   * @throws TRPCClientError UNAUTHORIZED when the session is over, or when the store has the tokens of another user
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
    const keep = async (found: SessionTokens | undefined): Promise<SessionTokens | undefined> => {
      assertCurrent(session);
      users.assertSame(session, found);
      // Another process replaced the tokens: they are newer than the reply.
      if (found?.refreshToken !== tokens.refreshToken) return found;
      if (next && !isFresh(next)) odd = { token: next.accessToken, at: performance.now() };
      await store.set(next);
      assertCurrent(session);
      if (!next) end();
      return next;
    };
    return write(async () => {
      assertCurrent(session);
      return withStored(keep);
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
      const tokens = underway?.session === session ? await underway.tokens : await read(session);
      const fresh = !tokens || isFresh(tokens) ? tokens : await refreshOnce(session);
      // The session may have just ended. Its calls must not be sent without a user.
      assertCurrent(session);
      return fresh;
    },

    /**
     * Replaces tokens that the server has just refused. Returns whether the same user has other tokens now.
     *
     * @throws TRPCClientError UNAUTHORIZED when the store has the tokens of another user
     */
    async renew(session: ClientSession, refused: SessionTokens | undefined): Promise<boolean> {
      const tokens = await read(session);
      if (!tokens) return false;
      // The call was slow, and the tokens were refreshed meanwhile.
      if (underway?.session !== session && tokens.accessToken !== refused?.accessToken) return true;
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
          // Another reply may have ended the session before this sign-out did, and deleted the tokens.
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
        if (!session.isOver) end();
      }),
  };
}

export type TokenKeeper = ReturnType<typeof createTokenKeeper>;
