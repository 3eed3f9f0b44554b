import type { JWTHeaderParameters } from "jose";

type Key = CryptoKey | Uint8Array;

/** What signs a token: a key, its algorithm, and the id under which the token names it. */
export interface Signer {
  readonly alg: string;
  readonly kid: string;
  readonly key: Key;
}

/** The keys that tokens may be signed with: of one algorithm each, so that none can be used as another's. */
export interface Keyring {
  /** What a token's header may name. */
  readonly algorithms: readonly string[];
  /** The key that a token's header names, if it is one of these. */
  find(header: Pick<JWTHeaderParameters, "alg" | "kid">): Promise<Key | undefined>;
}

/** A keyring that can also sign. */
export interface SigningKeyring extends Keyring {
  signer(): Promise<Signer>;
}
