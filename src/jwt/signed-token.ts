import { SignJWT, type JWTPayload } from "jose";
import { checkToken, ISSUER, type TokenPurpose } from "./check-token.js";
import { isTokenExpired } from "./decode-jwt.js";
import type { Keyring, SigningKeyring } from "./keyring.js";

export interface SignTokenOptions {
  readonly purpose: TokenPurpose;
  readonly keyring: SigningKeyring;
  /** Who may accept it: the name of the app's binding. */
  readonly audience: string;
  readonly payload: JWTPayload & { readonly sub: string };
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Signs a token of one purpose (RFC 7519). */
export async function signToken({ purpose, keyring, audience, payload, expiresAt }: SignTokenOptions): Promise<string> {
  const { alg, kid, key } = await keyring.signer();
  return new SignJWT(payload)
    .setProtectedHeader({ alg, typ: purpose.typ, kid })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setIssuedAt(Math.floor(Date.now() / 1000))
    .setExpirationTime(Math.floor(expiresAt / 1000))
    .sign(key);
}

/** How far the clocks of two of Cloudflare's machines may differ, in seconds: one signs, and another checks at once. */
const CLOCKS_DIFFER = 5;

/** The payload of a token that holds in every respect, `undefined` for any other. */
export async function verifyToken(
  token: string,
  options: { readonly purpose: TokenPurpose; readonly keyring: Keyring; readonly audience: string },
): Promise<JWTPayload | undefined> {
  const checked = await checkToken(token, { ...options, clockTolerance: CLOCKS_DIFFER });
  // A token may seem to come from a moment ahead, but it is never good for longer than it says.
  return checked.ok && !isTokenExpired(checked.payload) ? checked.payload : undefined;
}
