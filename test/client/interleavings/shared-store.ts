import type { SessionTokens, TokenStore } from "trpc-userdo/client";

export interface SharedStoreOptions {
  /** How long reads and writes take, in milliseconds; 0 for a store that answers at once. */
  readonly delay: number;
  /** The initial tokens. */
  readonly tokens: SessionTokens | undefined;
}

/** Tokens that several clients share, such as the tabs of one browser. */
export function createSharedStore({ delay, tokens }: SharedStoreOptions) {
  let stored = tokens;
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, delay));

  const store: TokenStore = delay
    ? {
        async get() {
          await wait();
          return stored;
        },
        async set(next) {
          await wait();
          stored = next;
        },
      }
    : { get: () => stored, set: (next) => void (stored = next) };

  return {
    store,
    stored: (): SessionTokens | undefined => stored,
    /** Another process replaces the tokens. */
    replace: (next: SessionTokens | undefined): void => void (stored = next),
    /** The user of the tokens. */
    user: (): string => stored?.refreshToken.split(".")[0] ?? "nobody",
  };
}
