import type { Operation, OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import type { ClientSession, ClientSessions } from "./client-sessions.js";
import { exchangeToken, type ExchangeFetch } from "./exchange-token.js";
import { createTokenKeeper, type TokenStore } from "./token-keeper.js";
import type { SignInChange } from "./other-tabs.js";
import { authorization, callWithTokens, type CallObserver } from "./call-with-tokens.js";

type Link = OperationLink<AnyTRPCRouter>;

export interface ClientTokensOptions {
  readonly store: TokenStore;
  readonly sessions: ClientSessions;
  /** The URL of the tRPC endpoint. */
  readonly url: string;
  readonly fetch: ExchangeFetch;
  /** Returns the app's own headers for a refresh. */
  readonly headers: () => Promise<Record<string, string | string[] | undefined>>;
  /** Called when a refresh shows that the session has ended. */
  readonly onEnd: () => void;
  /** Called when another client or process has changed the signed-in user. */
  readonly onChangeElsewhere: (change: SignInChange) => void;
}

/**
 * The token code of a client that does not use cookies, loaded by `token-loader.ts`. It imports only files that no other
 * file imports: a bundler would split the first chunk because of a module that both chunks need.
 */
export function createClientTokens({ store, sessions, url, fetch, headers, ...events }: ClientTokensOptions) {
  const keeper = createTokenKeeper({
    store,
    sessions,
    exchange: async (refreshToken) => exchangeToken(url, fetch, refreshToken, await headers()),
    ...events,
  });
  return {
    fresh: keeper.fresh,
    end: keeper.end,
    /** Switches to the user of the tokens in the store, if that is another user. */
    check: (session: ClientSession): Promise<unknown> => keeper.fresh(session).catch(() => {}),
    authorization: (session: ClientSession, calls: readonly Operation[]) =>
      authorization({ keeper, sessions }, session, calls),
    call: (link: Link, chain: Parameters<Link>[0], observer: CallObserver) =>
      callWithTokens(link, chain, { keeper, sessions, observer }),
  };
}

export type ClientTokens = ReturnType<typeof createClientTokens>;
