import { createRemoteJWKSet, errors, type JWK } from "jose";
import type { Keyring } from "./keyring.js";
import { importKey, publicHalf } from "./public-key.js";

const algorithms = ["ES256", "EdDSA"];

/** Keys that were handed over: an app's public key, or several. */
export function publicKeyring(keys: readonly JWK[]): Keyring {
  return {
    algorithms,
    async find({ kid, alg }) {
      for (const key of keys) {
        const jwk = await publicHalf(key);
        if (jwk?.kid === kid && jwk?.alg === alg) return importKey(jwk as JWK, jwk.alg);
      }
      return undefined;
    },
  };
}

// By address, which comes from the service's own settings: a few at most. Each keeps what it fetched.
const remotes = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/** Keys that the app publishes at `/trpc/.well-known/jwks.json`. Fetched when first needed, and kept for a while. */
export function remoteKeyring(url: URL): Keyring {
  const keys = remotes.get(url.href) ?? createRemoteJWKSet(url, { timeoutDuration: 5_000 });
  remotes.set(url.href, keys);
  return {
    algorithms,
    async find({ kid, alg }) {
      if (kid === undefined) return undefined;
      try {
        return await keys({ alg, kid });
      } catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey) return undefined;
        throw new KeysUnavailable({ cause: error });
      }
    },
  };
}

/** The app's keys could not be fetched: nothing is known about the token. */
export class KeysUnavailable extends Error {
  constructor(options: ErrorOptions) {
    super("The app's public keys could not be fetched.", options);
    this.name = "KeysUnavailable";
  }
}
