import type { SessionTokens } from "../shared/call.js";

/** Where a client that is no browser keeps its tokens: a file, a phone's key chain, a variable. */
export interface TokenStore {
  get(): SessionTokens | undefined | Promise<SessionTokens | undefined>;
  /** Called after signing in and after each refresh; without tokens when nobody is signed in any more. */
  set(tokens: SessionTokens | undefined): void | Promise<void>;
}

export interface TokenKeeperOptions {
  readonly store: TokenStore;
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
export function createTokenKeeper({ store, exchange, onEnd }: TokenKeeperOptions) {
  let underway: Promise<string | undefined> | undefined;
  /** The newest token that came and seemed to be over, and when that was, by a clock that nobody sets. */
  let odd: { readonly token: string; readonly at: number } | undefined;

  function isFresh({ accessToken, accessExpiresAt }: SessionTokens): boolean {
    if (accessExpiresAt - EARLY > Date.now()) return true;
    return odd?.token === accessToken && performance.now() - odd.at < WITHOUT_CLOCK;
  }

  async function refresh(): Promise<string | undefined> {
    const tokens = await store.get();
    const next = tokens && (await exchange(tokens.refreshToken));
    if (next && !isFresh(next)) odd = { token: next.accessToken, at: performance.now() };
    await store.set(next);
    if (!next) onEnd();
    return next?.accessToken;
  }

  const refreshOnce = (): Promise<string | undefined> =>
    (underway ??= refresh().finally(() => {
      underway = undefined;
    }));

  return {
    /** An access token that is good for a while; `undefined` when nobody is signed in. */
    async fresh(): Promise<string | undefined> {
      if (underway) return underway;
      const tokens = await store.get();
      if (!tokens) return undefined;
      return isFresh(tokens) ? tokens.accessToken : refreshOnce();
    },

    /** Another one than the server has just refused. Answers whether there is one. */
    async renew(refused: unknown): Promise<boolean> {
      const tokens = await store.get();
      if (!tokens) return false;
      // The call was slow, and the tokens were refreshed meanwhile.
      if (!underway && tokens.accessToken !== refused) return true;
      return (await refreshOnce()) !== undefined;
    },

    keep: async (tokens: SessionTokens | undefined): Promise<void> => store.set(tokens),
  };
}

export type TokenKeeper = ReturnType<typeof createTokenKeeper>;
