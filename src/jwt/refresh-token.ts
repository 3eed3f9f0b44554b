import { fromBase64Url, toBase64Url } from "../shared/base64url.js";
import { hmac, verifyHmac } from "../shared/hmac.js";
import type { SigningSecrets } from "./signing-secrets.js";

/**
 * One generation of a session's refresh token. Nothing of it is stored: the token is a MAC over these values,
 * so the Worker can turn a forged one away without asking any object, and every tab that refreshes at the same
 * moment derives the same successor.
 */
export interface RefreshClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** 0 for the token of the sign-in, one more with each rotation. */
  readonly generation: number;
}

// The last character stands for four bits of the MAC, so it is one of sixteen: each token has one spelling only.
const TOKEN = /^([0-9a-f]{32})\.([0-9a-f]{32})\.(0|[1-9][0-9]{0,8})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;

interface Options {
  readonly secrets: SigningSecrets;
  /** The name of the app's binding. */
  readonly audience: string;
}

/** The refresh token of one generation. Always the same for the same values. */
export async function refreshTokenOf(claims: RefreshClaims, { secrets, audience }: Options): Promise<string> {
  const body = `${claims.userId}.${claims.sessionId}.${claims.generation}`;
  return `${body}.${toBase64Url(await hmac(secrets.current, `refresh|${audience}|${body}`))}`;
}

/** The claims of a token, if it has the form of one. Does not check its MAC. */
export function readRefreshToken(token: string): RefreshClaims | undefined {
  const [, userId, sessionId, generation] = TOKEN.exec(token) ?? [];
  if (userId === undefined || sessionId === undefined) return undefined;
  return { userId, sessionId, generation: Number(generation) };
}

/** The claims of a token whose MAC holds, `undefined` for anything else. */
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
