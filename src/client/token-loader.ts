import { TRPCClientError, type OperationLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import type { SessionTokens } from "../shared/call.js";
import type { ClientTokens, ClientTokensOptions } from "./client-tokens.js";

type Link = OperationLink<AnyTRPCRouter>;

/**
 * Loads the token code with the first call or socket: a browser app that uses cookies never downloads it. If loading
 * fails, the callers get the error and the next call tries again.
 */
export function createTokenLoader(options: ClientTokensOptions) {
  let loading: Promise<ClientTokens> | undefined;
  let loaded: ClientTokens | undefined;

  async function read(): Promise<ClientTokens> {
    try {
      const { createClientTokens } = await import("./client-tokens.js");
      return (loaded = createClientTokens(options));
    } catch (cause) {
      loading = undefined;
      throw cause;
    }
  }
  function firstTokens(): Promise<SessionTokens | undefined> {
    const tokens = (async () => options.store.get())();
    tokens.catch(() => {});
    return tokens;
  }
  const load = (): Promise<ClientTokens> => (loading ??= read());

  return {
    load,

    /** The loaded code; `undefined` before the first call or socket has loaded it. */
    loaded: (): ClientTokens | undefined => loaded,

    /** Every call waits for the same promise, so calls stay in order. A call that ends meanwhile is not sent. */
    link:
      (link: Link): Link =>
      (chain) =>
        observable((observer) => {
          // Read now: by the time the code is loaded, the store may have another user's tokens.
          if (!loaded) options.sessions.callOf(chain.op).session.firstTokens ??= firstTokens();
          let isEnded = false;
          let end: (() => void) | undefined;
          const error = (cause: unknown): void => observer.error(TRPCClientError.from(cause as Error));
          load()
            .then((tokens) => {
              if (!isEnded) end = tokens.call(link, chain, { ...observer, error });
            })
            .catch(error);
          return () => {
            isEnded = true;
            end?.();
          };
        }),
  };
}

export type TokenLoader = ReturnType<typeof createTokenLoader>;
