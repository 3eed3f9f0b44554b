import { fromBase64Url, toBase64Url } from "../shared/base64url.js";
import { hmac, verifyHmac } from "../shared/hmac.js";
import { OWNER_ID } from "../shared/jurisdiction.js";
import type { SigningSecrets } from "./keyring.js";

/**
 * One generation of a session's refresh token. The token is a MAC over these values and is not stored. So the Worker
 * rejects a forged token without a request to an object, and tabs that refresh at the same time derive the same successor.
 */
export interface RefreshClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** 0 for the token of the sign-in. Each rotation adds 1. */
  readonly generation: number;
}

// The last character encodes four bits of the MAC, so only sixteen are allowed: each token has exactly one spelling.
const TOKEN = new RegExp(
  String.raw`^(${OWNER_ID})\.([0-9a-f]{32})\.(0|[1-9][0-9]{0,8})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$`,
);

interface Options {
  readonly secrets: SigningSecrets;
  /** The name of the app's binding. */
  readonly audience: string;
}

/** Returns the refresh token of one generation. Equal values give an equal token. */
export async function refreshTokenOf(claims: RefreshClaims, { secrets, audience }: Options): Promise<string> {
  const body = `${claims.userId}.${claims.sessionId}.${claims.generation}`;
  return `${body}.${toBase64Url(await hmac(secrets.current, `refresh|${audience}|${body}`))}`;
}

/** Returns the claims of a well-formed token without checking its MAC; `undefined` for a malformed one. */
export function readRefreshToken(token: string): RefreshClaims | undefined {
  const [, userId, sessionId, generation] = TOKEN.exec(token) ?? [];
  if (userId === undefined || sessionId === undefined) return undefined;
  return { userId, sessionId, generation: Number(generation) };
}

/** Returns the claims of a token with a valid MAC; `undefined` for any other. */
export async function verifyRefreshToken(
  token: string,
  { secrets, audience }: Options,
): Promise<RefreshClaims | undefined> {
  const claims = readRefreshToken(token);
  if (!claims) return undefined;
  const [body, mac] = [token.slice(0, token.lastIndexOf(".")), token.slice(token.lastIndexOf(".") + 1)];
  for (const secret of [secrets.current, secrets.previous]) {
    if (secret !== undefined && (await verifyHmac(secret, `refresh|${audience}|${body}`, fromBase64Url(mac)))) {
      return claims;
    }
  }
  return undefined;
}
