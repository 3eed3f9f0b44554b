import { signToken, verifyToken, type SignTokenOptions } from "./signed-token.js";

const purpose = { typ: "at+jwt", maxAge: 24 * 60 * 60 };

/** What an access token says: whose object to go to, and on which session's behalf. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
}

type Options = Pick<SignTokenOptions, "secrets" | "audience">;

/** A short-lived token that lets the Worker route a call without asking any object. */
export function signAccessToken(claims: AccessClaims, options: Options & { expiresAt: number }): Promise<string> {
  const payload = { sub: claims.userId, sid: claims.sessionId, jti: crypto.randomUUID() };
  return signToken({ purpose, payload, ...options });
}

/**
 * The claims of a valid access token, and when it expires in milliseconds since the epoch; `undefined` for
 * anything else.
 */
export async function verifyAccessToken(
  token: string,
  options: Options,
): Promise<(AccessClaims & { readonly expiresAt: number }) | undefined> {
  const payload = await verifyToken(token, { purpose, ...options });
  if (typeof payload?.sub !== "string" || typeof payload["sid"] !== "string") return undefined;
  return { userId: payload.sub, sessionId: payload["sid"], expiresAt: Number(payload.exp) * 1000 };
}
