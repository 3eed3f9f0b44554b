import { verifyAccessToken, type AccessClaims } from "../../jwt/access-token.js";
import type { Configuration } from "../configuration.js";

type Verified = AccessClaims & { readonly expiresAt: number };

/** A token is checked again after a minute, in milliseconds: so no rule of the check is put off for long. */
const REMEMBERED = 60_000;
/** About half a megabyte of tokens. */
const MOST = 1_000;

const recent = new WeakMap<Configuration, Map<string, { readonly verified: Verified; readonly until: number }>>();

/**
 * `verifyAccessToken`, which remembers the tokens that held. A signature does not change, and a browser sends the
 * same token for minutes: a page's twenty calls need not check it twenty times. Whether the session lives is another
 * question, asked in the user's object at every call.
 */
export async function verifyRecent(token: string, configuration: Configuration): Promise<Verified | undefined> {
  const known = recent.get(configuration) ?? new Map<string, { verified: Verified; until: number }>();
  recent.set(configuration, known);
  const now = Date.now();
  const before = known.get(token);
  if (before && now < before.until) return before.verified;
  known.delete(token);
  const { binding, secrets } = configuration;
  const verified = await verifyAccessToken(token, { secrets: secrets.jwt, audience: binding });
  if (!verified) return undefined;
  known.set(token, { verified, until: Math.min(verified.expiresAt, now + REMEMBERED) });
  // A map keeps the order in which its keys came: the first is the one that is longest known.
  const [oldest] = known.size > MOST ? known.keys() : [];
  if (oldest !== undefined) known.delete(oldest);
  return verified;
}
