import { calculateJwkThumbprint, importJWK, type JWK } from "jose";

/** A key as other services may see it: what verifies, and nothing that signs. */
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
 * The public half of a key for ES256 (P-256) or EdDSA (Ed25519); `undefined` for a key of any other kind. It is built
 * from the few members that are public, so that nothing else can slip through. Its id is the thumbprint of RFC 7638.
 */
export async function publicHalf({ kty, crv, x, y }: JWK): Promise<PublicJwk | undefined> {
  if (crv === undefined || x === undefined) return undefined;
  const isEc = kty === "EC" && crv === "P-256" && y !== undefined;
  if (!isEc && !(kty === "OKP" && crv === "Ed25519")) return undefined;
  const key = isEc ? { kty, crv, x, y } : { kty, crv, x };
  return { ...key, alg: isEc ? "ES256" : "EdDSA", use: "sig", kid: await calculateJwkThumbprint(key) };
}

/** @throws Error when the numbers are no key */
export async function importKey(jwk: JWK, alg: PublicJwk["alg"]): Promise<CryptoKey> {
  const { kty, crv, x, y, d } = jwk;
  // Only these: a key's own `alg`, `use` or `ext` could contradict what it is used for here.
  const key = await importJWK(
    Object.fromEntries(Object.entries({ kty, crv, x, y, d }).filter(([, value]) => value)) as JWK,
    alg,
  );
  if (key instanceof Uint8Array) throw new TypeError("The key is symmetric.");
  return key;
}
