import { verifyAccessToken } from "../../jwt/access-token.js";
import { decodeJwt, isTokenExpired } from "../../jwt/decode-jwt.js";
import { readRefreshToken, verifyRefreshToken, type RefreshClaims } from "../../jwt/refresh-token.js";
import { isReplacedMark } from "../../jwt/replaced-mark.js";
import { readSigningSecrets } from "../../shared/app-secrets.js";
import { OWNER_ID } from "../../shared/jurisdiction.js";
import type { Configuration } from "../configuration.js";
import { verifyAccessTokenCached, type VerifiedAccess } from "./access-token-cache.js";

/** Verifies the tokens in a browser's cookies. Methods return `undefined` or `false` for a token that this app did not sign. */
export interface TokenVerifier {
  /** Returns a promise only if the token is not cached. */
  access(token: string): VerifiedAccess | Promise<VerifiedAccess | undefined>;
  refresh(token: string): Promise<RefreshClaims | undefined>;
  /** Whether a mark proves that the session was replaced. */
  replaced(mark: string, sessionId: string): Promise<boolean>;
}

const verifiers = new WeakMap<Configuration, TokenVerifier>();

/** Returns the verifier of the app's own Worker. */
export function tokenVerifierOf(configuration: Configuration): TokenVerifier {
  let verifier = verifiers.get(configuration);
  if (!verifier) verifiers.set(configuration, (verifier = createTokenVerifier(configuration)));
  return verifier;
}

function createTokenVerifier(configuration: Configuration): TokenVerifier {
  const { binding: audience, secrets } = configuration;
  return {
    ...verifierOf({ secrets: secrets.jwt, audience }),
    access: (token) => verifyAccessTokenCached(token, configuration),
  };
}

/**
 * Creates the verifier of a Worker that may not have the app's secrets. It verifies signatures if `JWT_SECRET` is in the
 * environment. Otherwise it only decodes the tokens, to find the user's object, which then verifies the token.
 */
export function createRoutingVerifier(env: object, audience: string): TokenVerifier {
  return "JWT_SECRET" in env ? verifierOf({ secrets: readSigningSecrets(env), audience }) : decodingVerifier;
}

function verifierOf(options: Parameters<typeof verifyRefreshToken>[1]): TokenVerifier {
  return {
    access: (token) => verifyAccessToken(token, options),
    refresh: (token) => verifyRefreshToken(token, options),
    replaced: (mark, sessionId) => isReplacedMark(mark, sessionId, options),
  };
}

const USER_ID = new RegExp(`^${OWNER_ID}$`);

const decodingVerifier: TokenVerifier = {
  async access(token) {
    const { sub, sid, exp } = decodeJwt(token) ?? {};
    if (typeof sub !== "string" || !USER_ID.test(sub) || typeof sid !== "string") return undefined;
    if (exp === undefined || isTokenExpired({ exp })) return undefined;
    return { userId: sub, sessionId: sid, expiresAt: exp * 1000 };
  },
  refresh: async (token) => readRefreshToken(token),
  replaced: async () => true,
};
