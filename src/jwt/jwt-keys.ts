import type { JWK } from "jose";
import { byteLength } from "../shared/byte-length.js";
import { keyPairKeyring } from "./key-pair-keyring.js";
import { secretKeyring, type Keyring, type SigningKeyring } from "./keyring.js";
import { publicKeyring, remoteKeyring } from "./public-keyring.js";

/** The key that signs: the app's `JWT_SECRET`, or the private key that the app uses in its place. */
export type SigningKey =
  | { readonly secret: string; readonly privateKey?: undefined }
  | { readonly privateKey: JWK; readonly secret?: undefined };

/** The key that verifies: the app's `JWT_SECRET`, its public keys, or the URL at which it publishes them. */
export type VerifyingKey =
  | {
      readonly secret: string;
      /**
       * `JWT_SECRET_PREVIOUS`, while the secret rotates.
       * @default none
       */
      readonly previousSecret?: string | undefined;
      readonly publicKey?: undefined;
      readonly jwksUrl?: undefined;
    }
  | {
      /** The public key, or several while keys rotate. */
      readonly publicKey: JWK | readonly JWK[];
      readonly secret?: undefined;
      readonly jwksUrl?: undefined;
    }
  | {
      /**
       * For example `https://app.example.com/trpc/.well-known/jwks.json`. Fetched on first use, then cached.
       * @see https://www.rfc-editor.org/rfc/rfc7517
       */
      readonly jwksUrl: string | URL;
      readonly secret?: undefined;
      readonly publicKey?: undefined;
    };

const MIN_BYTES = 32;

/** @throws TypeError for a secret that is too short */
export function signingKeyring({ secret, privateKey }: SigningKey): SigningKeyring {
  if (secret !== undefined) return secretKeyring({ current: checkedSecret(secret) });
  return keyPairKeyring({ privateKey: JSON.stringify(privateKey) });
}

/** @throws TypeError for a secret that is too short, or a `jwksUrl` that is not an absolute URL */
export function verifyingKeyring(key: VerifyingKey): Keyring {
  if (key.secret !== undefined) {
    const { previousSecret } = key;
    const previous = previousSecret === undefined ? undefined : checkedSecret(previousSecret);
    return secretKeyring({ current: checkedSecret(key.secret), previous });
  }
  if (key.jwksUrl !== undefined) return remoteKeyring(new URL(key.jwksUrl));
  return publicKeyring(Array.isArray(key.publicKey) ? (key.publicKey as readonly JWK[]) : [key.publicKey as JWK]);
}

/**
 * Checks the length of a secret, because jose accepts any length and a short secret can be guessed.
 *
 * @throws TypeError below 32 bytes
 */
export function checkedSecret(secret: string): string {
  if (byteLength(secret) >= MIN_BYTES) return secret;
  throw new TypeError(`The secret is too short. Use a JWT_SECRET of at least ${MIN_BYTES} bytes.`);
}
