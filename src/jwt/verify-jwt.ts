import type { JWTPayload } from "jose";
import { checkToken, type JwtError } from "./check-token.js";
import { verifyingKeyring, type VerifyingKey } from "./jwt-keys.js";
import { purposes, type JwtPurpose } from "./jwt-purpose.js";
import { verifyRefreshToken } from "./refresh-token.js";

/** The claims of a token. Those that a token of its purpose does not have are missing. */
export type JwtPayload = JWTPayload & {
  /** Whose token it is: the user's id. */
  readonly sub: string;
  /** The session's id, in access and refresh tokens. */
  readonly sid?: string;
  /** The address when the token was made. */
  readonly email?: string;
};

export type VerifiedJwt =
  | { readonly ok: true; readonly payload: JwtPayload }
  | { readonly ok: false; readonly error: JwtError };

export type VerifyJwtOptions = VerifyingKey & {
  /** What the token is to be good for. Any other good token is refused. */
  readonly purpose: JwtPurpose | "refresh";
  /** Who accepts it: the name of the app's Durable Object binding. */
  readonly audience: string;
  /**
   * How far this machine's clock may differ from the app's, in seconds. At most 60.
   * @default 0
   */
  readonly clockTolerance?: number;
};

/**
 * Checks a token in every respect: signature, purpose, issuer, audience and times. Asks no Durable Object, and so does
 * not know whether the session behind it was ended since; an access token is good for minutes at most.
 *
 * Never throws for a token. Refresh tokens are checked by the secret alone.
 *
 * @throws TypeError for a secret below 32 bytes
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
