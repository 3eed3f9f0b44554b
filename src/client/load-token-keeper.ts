import type { TokenKeeper, TokenKeeperOptions } from "./token-keeper.js";

/** A {@link TokenKeeper} whose code is loaded with the first use: a page that relies on cookies does not carry it. */
export function loadTokenKeeper(options: TokenKeeperOptions): TokenKeeper {
  let keeper: Promise<TokenKeeper> | undefined;

  // A chunk that could not be loaded is asked for again with the next use.
  const load = (): Promise<TokenKeeper> =>
    (keeper ??= import("./token-keeper.js").then(
      ({ createTokenKeeper }) => createTokenKeeper(options),
      (error: unknown) => {
        keeper = undefined;
        throw error;
      },
    ));

  return {
    fresh: async (session) => (await load()).fresh(session),
    renew: async (...refusal) => (await load()).renew(...refusal),
    keepFrom: async (reply) => (await load()).keepFrom(reply),
  };
}
