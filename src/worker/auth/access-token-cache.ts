import { verifyAccessToken, type AccessClaims } from "../../jwt/access-token.js";
import { deleteOldest } from "../../shared/delete-oldest.js";
import type { Configuration } from "../configuration.js";

/** The claims of a valid access token. `expiresAt` is in milliseconds since the epoch. */
export type VerifiedAccess = AccessClaims & { readonly expiresAt: number };

/** Every rule of the verification applies again after this time. */
const CACHED_MS = 60_000;
/** About half a megabyte of tokens. */
const MAX_TOKENS = 1_000;

type CachedTokens = Map<string, { readonly verified: VerifiedAccess; readonly until: number }>;

const recent = new WeakMap<Configuration, CachedTokens>();

/**
 * Verifies an access token, and caches it if it is valid, because a browser sends the same token for minutes. Only the
 * signature is cached: the user's object checks at every call whether the session is alive.
 *
 * Returns a promise only if the token is not cached.
 */
export function verifyAccessTokenCached(
  token: string,
  configuration: Configuration,
): VerifiedAccess | Promise<VerifiedAccess | undefined> {
  let known = recent.get(configuration);
  if (!known) recent.set(configuration, (known = new Map()));
  const now = Date.now();
  const before = known.get(token);
  return before && now < before.until ? before.verified : verifyAndCache(token, configuration, known, now);
}

async function verifyAndCache(
  token: string,
  configuration: Configuration,
  known: CachedTokens,
  now: number,
): Promise<VerifiedAccess | undefined> {
  known.delete(token);
  const { binding, secrets } = configuration;
  const verified = await verifyAccessToken(token, { secrets: secrets.jwt, audience: binding });
  if (!verified) return undefined;
  known.set(token, { verified, until: Math.min(verified.expiresAt, now + CACHED_MS) });
  deleteOldest(known, MAX_TOKENS);
  return verified;
}
