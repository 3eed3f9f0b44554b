import { calculateJwkThumbprint, createRemoteJWKSet, errors, importJWK, type JWK } from "jose";
import type { Keyring } from "./keyring.js";

/** A key as other services may see it: it verifies and cannot sign. */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y?: string;
  readonly alg: "ES256" | "EdDSA";
  readonly use: "sig";
  readonly kid: string;
}

/**
 * Returns the public half of a key for ES256 (P-256) or EdDSA (Ed25519); `undefined` for a key of another kind. Only the
 * public members are copied, so that nothing else can be published. The id is the thumbprint of the key.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7638
 */
export async function publicHalf({ kty, crv, x, y }: JWK): Promise<PublicJwk | undefined> {
  if (crv === undefined || x === undefined) return undefined;
  const isEc = kty === "EC" && crv === "P-256" && y !== undefined;
  if (!isEc && !(kty === "OKP" && crv === "Ed25519")) return undefined;
  const key = isEc ? { kty, crv, x, y } : { kty, crv, x };
  return { ...key, alg: isEc ? "ES256" : "EdDSA", use: "sig", kid: await calculateJwkThumbprint(key) };
}

/** @throws Error when the numbers are not a valid key */
export async function importKey(jwk: JWK, alg: PublicJwk["alg"]): Promise<CryptoKey> {
  const { kty, crv, x, y, d } = jwk;
  // The key's own `alg`, `use` or `ext` could contradict what the key is used for here.
  const key = await importJWK(
    Object.fromEntries(Object.entries({ kty, crv, x, y, d }).filter(([, value]) => value)) as JWK,
    alg,
  );
  if (key instanceof Uint8Array) throw new TypeError("The key is symmetric. Use a key pair for ES256 or EdDSA.");
  return key;
}

const algorithms = ["ES256", "EdDSA"];

/** A keyring of public keys that the caller has. */
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

// Keyed by URL. The URLs come from the service's settings, so there are only a few. Each entry caches the keys that it fetched.
const remotes = new Map<string, ReturnType<typeof createRemoteJWKSet>>();

/** A keyring of the keys that the app publishes at `/trpc/.well-known/jwks.json`. Fetched on first use, then cached. */
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
        throw new KeysUnavailableError({ cause: error });
      }
    },
  };
}

/** The app's keys could not be fetched, so the token can be neither accepted nor rejected. */
export class KeysUnavailableError extends Error {
  constructor(options: ErrorOptions) {
    super("The app's public keys could not be fetched. Check `jwksUrl`, and try again.", options);
    this.name = "KeysUnavailableError";
  }
}
