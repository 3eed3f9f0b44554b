import type { JWTPayload } from "jose";
import { checkToken, type JwtError } from "./check-token.js";
import { verifyingKeyring, type VerifyingKey } from "./jwt-keys.js";
import { purposes, type JwtPurpose } from "./jwt-purpose.js";
import { verifyRefreshToken } from "./refresh-token.js";

/** The claims of a token. Those that a token of its purpose does not have are missing. */
export type JwtPayload = JWTPayload & {
  /** The user's id. */
  readonly sub: string;
  /** The session's id, in access and refresh tokens. */
  readonly sid?: string;
  /** The email address when the token was signed. */
  readonly email?: string;
};

export type VerifiedJwt =
  | { readonly ok: true; readonly payload: JwtPayload }
  | { readonly ok: false; readonly error: JwtError };

export type VerifyJwtOptions = VerifyingKey & {
  /** The purpose that the token must have. A token of another purpose is rejected. */
  readonly purpose: JwtPurpose | "refresh";
  /** The app that accepts the token: the name of its Durable Object binding. */
  readonly audience: string;
  /**
   * How far this machine's clock may differ from the app's, in seconds. At most 60.
   * @default 0
   */
  readonly clockTolerance?: number;
};

/**
 * Verifies a token: signature, purpose, issuer, audience and times. It calls no Durable Object, so it does not know whether
 * the session has ended; an access token stays valid for a few minutes after that. A refresh token can be verified only
 * with the secret. An invalid token does not throw: the result has the error.
 *
 * @throws TypeError for a secret below 32 bytes, or a `jwksUrl` that is not an absolute URL
 * @example
 * ```ts
 * const verified = await verifyJwt(token, { purpose: "access", secret: env.JWT_SECRET, audience: "BLOG_DO" });
 * if (!verified.ok) return new Response(verified.error, { status: 401 });
 * const userId = verified.payload.sub;
 * ```
 * @see https://www.rfc-editor.org/rfc/rfc7519
 */
export async function verifyJwt(token: string | null | undefined, options: VerifyJwtOptions): Promise<VerifiedJwt> {
  const { purpose, audience } = options;
  const keyring = verifyingKeyring(options);
  if (purpose === "refresh") return verifyRefresh(token ?? "", options);
  const clockTolerance = Math.min(Math.max(options.clockTolerance ?? 0, 0), 60);
  const checked = await checkToken(token, { purpose: purposes[purpose], keyring, audience, clockTolerance });
  return checked.ok ? { ok: true, payload: checked.payload as JwtPayload } : checked;
}

async function verifyRefresh(token: string, { secret, audience, ...rest }: VerifyJwtOptions): Promise<VerifiedJwt> {
  if (secret === undefined) return { ok: false, error: "unknownKey" };
  const previous = "previousSecret" in rest ? rest.previousSecret : undefined;
  const claims = await verifyRefreshToken(token, { secrets: { current: secret, previous }, audience });
  if (!claims) return { ok: false, error: "malformed" };
  const { userId, sessionId, generation } = claims;
  return { ok: true, payload: { sub: userId, sid: sessionId, generation } };
}
