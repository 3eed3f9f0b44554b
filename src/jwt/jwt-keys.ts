import { byteLength } from "../shared/byte-length.js";
import type { JWK } from "jose";
import { keyPairKeyring } from "./key-pair-keyring.js";
import type { Keyring, SigningKeyring } from "./keyring.js";
import { publicKeyring, remoteKeyring } from "./public-keyring.js";
import { secretKeyring } from "./secret-keyring.js";

/** What signs: the app's `JWT_SECRET`, or the private key that it has in its place. */
export type SigningKey =
  | { readonly secret: string; readonly privateKey?: undefined }
  | { readonly privateKey: JWK; readonly secret?: undefined };

/** What tokens are checked with: the app's `JWT_SECRET`, its public key, or where it publishes its keys. */
export type VerifyingKey =
  | {
      readonly secret: string;
      /** `JWT_SECRET_PREVIOUS`, while the secret rotates. */
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
      /** Such as `https://app.example.com/trpc/.well-known/jwks.json`. Fetched when first needed, and kept for a while. */
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

/** @throws TypeError for a secret that is too short, or an address that is none */
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
 * jose takes a secret of any length; one that is too short can be found by trying.
 *
 * @throws TypeError below 32 bytes
 */
export function checkedSecret(secret: string): string {
  if (byteLength(secret) >= MIN_BYTES) return secret;
  throw new TypeError(`The secret is too short: a JWT_SECRET has at least ${MIN_BYTES} bytes.`);
}
