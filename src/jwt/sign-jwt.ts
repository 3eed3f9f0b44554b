import type { JWTPayload } from "jose";
import { signingKeyring, type SigningKey } from "./jwt-keys.js";
import { purposes, type JwtPurpose } from "./jwt-purpose.js";
import { signToken } from "./signed-token.js";

/** What is said of every token that is signed. */
export type SignJwtOptions = SigningKey & {
  /** Who may accept it: the name of the app's Durable Object binding. */
  readonly audience: string;
  /**
   * How long it is good, in minutes.
   * @default 15 for access tokens, 60 otherwise
   */
  readonly minutes?: number;
};

/** The claims of a token of the app's own. Who issued it, for whom and until when is added. */
export type JwtClaims = { readonly sub: string } & Readonly<Record<string, unknown>>;

/**
 * Signs a token of the app's own, which `verifyJwt` accepts with `purpose: "app"`. It never passes for one of the
 * framework's, whatever its claims say.
 *
 * @throws TypeError for a secret below 32 bytes or a life that is not between a moment and 400 days
 */
export function signJwt(claims: JwtClaims, options: SignJwtOptions): Promise<string> {
  return sign("app", claims, options, 60);
}

/**
 * Makes an access token, as signing in does. The app itself accepts it only for a session that is alive, named by
 * `sessionId`; other services go by its signature alone.
 *
 * @throws TypeError as `signJwt` does
 */
export function generateAccessToken(
  { userId, email, sessionId }: { readonly userId: string; readonly email: string; readonly sessionId?: string },
  options: SignJwtOptions,
): Promise<string> {
  const claims = { sub: userId, email, jti: crypto.randomUUID(), ...(sessionId !== undefined && { sid: sessionId }) };
  return sign("access", claims, options, 15);
}

/**
 * Makes a token for a password reset of the app's own making: signed, but good until it expires. The built-in
 * `auth.requestPasswordReset` does not take these: its own are stored, and work once.
 *
 * @throws TypeError as `signJwt` does
 */
export function generatePasswordResetToken(
  { userId, email }: { readonly userId: string; readonly email: string },
  options: SignJwtOptions,
): Promise<string> {
  return sign("passwordReset", { sub: userId, email, jti: crypto.randomUUID() }, options, 60);
}

async function sign(name: JwtPurpose, claims: JwtClaims, options: SignJwtOptions, usual: number): Promise<string> {
  const { audience, minutes = usual } = options;
  const purpose = purposes[name];
  if (!(minutes > 0 && minutes * 60 <= purpose.maxAge)) {
    throw new TypeError(`A token of this kind lives for more than 0 and at most ${purpose.maxAge / 60} minutes.`);
  }
  const payload: JWTPayload & { sub: string } = { ...claims };
  return signToken({
    purpose,
    keyring: signingKeyring(options),
    audience,
    payload,
    expiresAt: Date.now() + minutes * 60_000,
  });
}
