import { verifyAccessToken, type AccessClaims } from "../../jwt/access-token.js";
import type { Configuration } from "../configuration.js";

type VerifiedClaims = AccessClaims & { readonly expiresAt: number };

/** Every rule of the verification applies again after this time. */
const CACHED_MS = 60_000;
/** About half a megabyte of tokens. */
const MAX_TOKENS = 1_000;

const recent = new WeakMap<Configuration, Map<string, { readonly verified: VerifiedClaims; readonly until: number }>>();

/**
 * Verifies an access token, and caches it if it is valid, because a browser sends the same token for minutes. Only the
 * signature is cached: the user's object checks at every call whether the session is alive.
 */
export async function verifyAccessTokenCached(
  token: string,
  configuration: Configuration,
): Promise<VerifiedClaims | undefined> {
  const known = recent.get(configuration) ?? new Map<string, { verified: VerifiedClaims; until: number }>();
  recent.set(configuration, known);
  const now = Date.now();
  const before = known.get(token);
  if (before && now < before.until) return before.verified;
  known.delete(token);
  const { binding, secrets } = configuration;
  const verified = await verifyAccessToken(token, { secrets: secrets.jwt, audience: binding });
  if (!verified) return undefined;
  known.set(token, { verified, until: Math.min(verified.expiresAt, now + CACHED_MS) });
  // A Map iterates in insertion order, so the first key is the oldest.
  const [oldest] = known.size > MAX_TOKENS ? known.keys() : [];
  if (oldest !== undefined) known.delete(oldest);
  return verified;
}
