import type { JWTPayload } from "jose";
import { signingKeyring, type SigningKey } from "./jwt-keys.js";
import { purposes, type JwtPurpose } from "./jwt-purpose.js";
import { signToken } from "./signed-token.js";

/** In seconds. */
const HOUR = 60 * 60;

/** Options of the functions that sign a token. */
export type SignJwtOptions = SigningKey & {
  /** The app that accepts the token: the name of its Durable Object binding. */
  readonly audience: string;
  /**
   * How long the token is valid, in seconds.
   * @default 900 (15 minutes) for access tokens, 3600 (1 hour) otherwise
   */
  readonly expiresIn?: number;
};

/** The claims of a token. The issuer, the audience, the time of issue and the expiry are added. */
export type JwtClaims = { readonly sub: string } & Readonly<Record<string, unknown>>;

/**
 * Signs a token for the app's own use, which `verifyJwt` accepts with `purpose: "app"`. Whatever its claims are, it is
 * never accepted as one of the framework's tokens.
 *
 * @throws TypeError for a secret below 32 bytes, or a lifetime that is not between 0 and 400 days
 * @throws ConfigurationError for a private key that is not for ES256 or EdDSA
 * @example
 * ```ts
 * const token = await signJwt({ sub: userId, report: "2026-11" }, { secret: env.JWT_SECRET, audience: "BLOG_DO" });
 * ```
 * @see https://www.rfc-editor.org/rfc/rfc7519
 */
export function signJwt(claims: JwtClaims, options: SignJwtOptions): Promise<string> {
  return sign("app", claims, options, HOUR);
}

/**
 * Creates an access token, as a sign-in does. The app itself accepts it only while the session `sessionId` is active;
 * other services check only the signature and the claims.
 *
 * @throws TypeError for a secret below 32 bytes, or a lifetime that is not between 0 and 1 day
 * @throws ConfigurationError for a private key that is not for ES256 or EdDSA
 */
export function generateAccessToken(
  { userId, email, sessionId }: { readonly userId: string; readonly email: string; readonly sessionId?: string },
  options: SignJwtOptions,
): Promise<string> {
  const claims = { sub: userId, email, jti: crypto.randomUUID(), ...(sessionId !== undefined && { sid: sessionId }) };
  return sign("access", claims, options, HOUR / 4);
}

/**
 * Creates a token for a password reset that the app implements itself. It is valid until it expires, also after its use.
 * The built-in `auth.resetPassword` does not accept it: the built-in tokens are stored, and work once.
 *
 * @throws TypeError for a secret below 32 bytes, or a lifetime that is not between 0 and 1 day
 * @throws ConfigurationError for a private key that is not for ES256 or EdDSA
 */
export function generatePasswordResetToken(
  { userId, email }: { readonly userId: string; readonly email: string },
  options: SignJwtOptions,
): Promise<string> {
  return sign("passwordReset", { sub: userId, email, jti: crypto.randomUUID() }, options, HOUR);
}

async function sign(
  name: JwtPurpose,
  claims: JwtClaims,
  options: SignJwtOptions,
  defaultLifetime: number,
): Promise<string> {
  // An ignored lifetime would be replaced by a longer one.
  if ("minutes" in options) throw new TypeError("`minutes` is not an option. Use `expiresIn`, in seconds.");
  const { audience, expiresIn = defaultLifetime } = options;
  const purpose = purposes[name];
  if (!(expiresIn > 0 && expiresIn <= purpose.maxAge)) {
    throw new TypeError(`\`expiresIn\` must be more than 0 and at most ${purpose.maxAge} seconds for this token.`);
  }
  const payload: JWTPayload & { sub: string } = { ...claims };
  return signToken({
    purpose,
    keyring: signingKeyring(options),
    audience,
    payload,
    expiresAt: Date.now() + expiresIn * 1000,
  });
}
