import type { JWTHeaderParameters } from "jose";
import { toHex } from "../shared/hex.js";

type Key = CryptoKey | Uint8Array;

/** A key that signs tokens, its algorithm, and the id that the tokens refer to it by. */
export interface Signer {
  readonly alg: string;
  readonly kid: string;
  readonly key: Key;
}

/** The keys that verify tokens. Each key has one algorithm, so that it cannot be used with another. */
export interface Keyring {
  /** The algorithms that the header of a token may name. */
  readonly algorithms: readonly string[];
  /** Returns the key that the header of a token names; `undefined` if the keyring does not contain it. */
  find(header: Pick<JWTHeaderParameters, "alg" | "kid">): Promise<Key | undefined>;
}

/** A keyring that can also sign. */
export interface SigningKeyring extends Keyring {
  signer(): Promise<Signer>;
}

/** The secrets that sign and verify tokens. */
export interface SigningSecrets {
  /** Signs and verifies. At least 32 bytes. */
  readonly current: string;
  /** Only verifies: tokens that it signed before the last rotation stay valid until they expire. */
  readonly previous?: string | undefined;
  /** Signs access tokens in place of the secret, so that other services can verify them. JSON Web Keys, as text. */
  readonly keyPair?: { readonly privateKey: string; readonly previousPublicKey?: string | undefined } | undefined;
}

const encoder = new TextEncoder();
const kids = new Map<string, Promise<string>>();

/** The id by which a token refers to its secret: a digest, so it does not reveal the secret. */
export function kidOf(secret: string): Promise<string> {
  const cached = kids.get(secret);
  if (cached) return cached;
  const kid = crypto.subtle
    .digest("SHA-256", encoder.encode(`trpc-userdo kid ${secret}`))
    .then((digest) => toHex(new Uint8Array(digest, 0, 6)));
  kids.set(secret, kid);
  return kid;
}

/** A keyring for HS256. A service that can verify with the secret can also sign, so the secret stays within the app. */
export function secretKeyring({ current, previous }: Pick<SigningSecrets, "current" | "previous">): SigningKeyring {
  return {
    algorithms: ["HS256"],
    async find({ kid }) {
      for (const secret of [current, previous]) {
        if (secret !== undefined && (await kidOf(secret)) === kid) return encoder.encode(secret);
      }
      return undefined;
    },
    signer: async () => ({ alg: "HS256", kid: await kidOf(current), key: encoder.encode(current) }),
  };
}
