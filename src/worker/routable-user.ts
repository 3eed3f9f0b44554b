import { verifyAccessToken } from "../jwt/access-token.js";
import { decodeJwt, isTokenExpired } from "../jwt/decode-jwt.js";
import { userInRefreshToken, verifyRefreshToken } from "../jwt/refresh-token.js";
import { readSigningSecrets } from "../shared/app-secrets.js";

const ID = /^[0-9a-f]{32}$/;

/**
 * Whose object can say whether a token holds; `undefined` when it cannot hold. By the token's signature where this
 * Worker has the app's secrets; otherwise by its looks, and then what it says is not to be believed.
 */
export async function routableUser(
  token: string,
  { env, audience }: { readonly env: object; readonly audience: string },
): Promise<string | undefined> {
  if ("JWT_SECRET" in env) {
    const options = { secrets: readSigningSecrets(env), audience };
    const claims = (await verifyAccessToken(token, options)) ?? (await verifyRefreshToken(token, options));
    return claims?.userId;
  }
  const userId = userInRefreshToken(token);
  if (userId !== undefined) return userId;
  const claims = decodeJwt(token);
  if (typeof claims?.sub !== "string" || !ID.test(claims.sub) || typeof claims["sid"] !== "string") return undefined;
  return claims.exp === undefined || isTokenExpired(claims) ? undefined : claims.sub;
}
