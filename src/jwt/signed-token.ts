import { SignJWT, type JWTPayload } from "jose";
import { checkToken, ISSUER, type TokenPurpose } from "./check-token.js";
import { isTokenExpired } from "./decode-jwt.js";
import type { Keyring, SigningKeyring } from "./keyring.js";

export interface SignTokenOptions {
  readonly purpose: TokenPurpose;
  readonly keyring: SigningKeyring;
  /** The app that accepts the token: the name of its binding. */
  readonly audience: string;
  readonly payload: JWTPayload & { readonly sub: string };
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Signs a token of one purpose.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519
 */
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

/** How far the clocks of two Cloudflare machines may differ, in seconds: another machine may verify a token at once. */
const CLOCK_TOLERANCE = 5;

/** Returns the payload of a valid token; `undefined` for any other. */
export async function verifyToken(
  token: string,
  options: { readonly purpose: TokenPurpose; readonly keyring: Keyring; readonly audience: string },
): Promise<JWTPayload | undefined> {
  const checked = await checkToken(token, { ...options, clockTolerance: CLOCK_TOLERANCE });
  // The tolerance applies to the time of issue only. It does not extend the expiry.
  return checked.ok && !isTokenExpired(checked.payload) ? checked.payload : undefined;
}
