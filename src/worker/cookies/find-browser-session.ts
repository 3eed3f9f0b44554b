import { decodeJwt, isTokenExpired } from "../../jwt/decode-jwt.js";
import { readRefreshToken, type RefreshClaims } from "../../jwt/refresh-token.js";
import { compareSessionIds, isTimeOrdered } from "../../shared/session-id.js";
import type { VerifiedAccess } from "../auth/access-token-cache.js";
import type { TokenVerifier } from "../auth/token-verifier.js";
import type { CookieTokens } from "./create-cookies.js";
import type { SessionRecord } from "./session-record.js";

/** The session of a browser according to its verified cookies. Whether the session is alive is not checked yet. */
export interface BrowserSession {
  /** `undefined` without a valid token. */
  readonly sessionId: string | undefined;
  /** The session that the cookies `access` and `refresh` belong to. A late reply may have written them. */
  readonly pairSessionId: string | undefined;
  /**
   * Whether the cookies `access` and `refresh` have the format of this package, but this app did not sign them, because
   * another app on the host uses the same names.
   */
  readonly isForeignPair: boolean;
  /** The claims of the access token, if it is valid and belongs to the session. */
  readonly access: (VerifiedAccess & { readonly token: string }) | undefined;
  /** The newest refresh token of the session, verified. */
  refresh(): Promise<(RefreshClaims & { readonly token: string }) | undefined>;
}

export interface SentCookies extends CookieTokens {
  readonly records: readonly SessionRecord[];
}

/**
 * Finds the session of a browser. Responses that arrive late may have overwritten the cookies `access` and `refresh` with
 * those of a session that was ended or replaced. The browser's session is the newest one with a valid token, unless a mark
 * proves that it was replaced.
 *
 * Returns a promise only if a token is not cached.
 */
export function findBrowserSession(
  cookies: SentCookies,
  verifier: TokenVerifier,
): BrowserSession | Promise<BrowserSession> {
  const access = cookies.access === undefined ? undefined : verifier.access(cookies.access);
  return access && !(access instanceof Promise) && isNewest(access, cookies)
    ? browserSessionOf(access, cookies, verifier)
    : verifySession(cookies, verifier, access);
}

/** Whether the session of a valid access token is the browser's, without a verification of another token. */
function isNewest({ sessionId }: VerifiedAccess, { records: [newest] }: SentCookies): boolean {
  if (!newest) return true;
  return newest.sessionId === sessionId ? newest.type === "token" : compareSessionIds(newest.sessionId, sessionId) < 0;
}

function browserSessionOf(access: VerifiedAccess, cookies: SentCookies, verifier: TokenVerifier): BrowserSession {
  const { sessionId } = access;
  return {
    sessionId,
    pairSessionId: sessionId,
    isForeignPair: false,
    access: { ...access, token: cookies.access ?? "" },
    refresh: () => newestRefreshToken(sessionId, cookies, verifier),
  };
}

async function verifySession(
  cookies: SentCookies,
  verifier: TokenVerifier,
  verifying: ReturnType<TokenVerifier["access"]> | undefined,
): Promise<BrowserSession> {
  const { access: token = "", refresh = "", records } = cookies;
  const access = verifying instanceof Promise ? await verifying : verifying;
  const pair = access ?? (refresh === "" ? undefined : await verifier.refresh(refresh));
  const pairSessionId = pair?.sessionId;
  const newest = await newestRecord(records, verifier, { pairSessionId, isVerified: access !== undefined });
  const sessionId = newest?.type === "replaced" ? undefined : (newest?.sessionId ?? pairSessionId);
  return {
    sessionId,
    pairSessionId,
    isForeignPair: pair === undefined && (isSessionToken(token) || readRefreshToken(refresh) !== undefined),
    access: access && access.sessionId === sessionId ? { ...access, token } : undefined,
    refresh: () => newestRefreshToken(sessionId, cookies, verifier),
  };
}

/** Whether a token has the form of an access token. An expired one does not count: this app may have signed it. */
function isSessionToken(token: string): boolean {
  const { sub, sid, exp } = decodeJwt(token) ?? {};
  return typeof sub === "string" && typeof sid === "string" && exp !== undefined && !isTokenExpired({ exp });
}

interface Pair {
  readonly pairSessionId: string | undefined;
  /** Whether an access token proves the session. Its record is not verified then, which saves a MAC. */
  readonly isVerified: boolean;
}

/** The newest genuine record, unless the pair belongs to a newer session. */
async function newestRecord(
  records: readonly SessionRecord[],
  verifier: TokenVerifier,
  { pairSessionId, isVerified }: Pair,
): Promise<SessionRecord | undefined> {
  if (isOfEarlierVersion(pairSessionId, records)) return undefined;
  for (const record of records) {
    const age = pairSessionId === undefined ? 1 : compareSessionIds(record.sessionId, pairSessionId);
    if (age < 0) return undefined;
    if (age === 0 && isVerified && record.type === "token") return record;
    if (await isGenuine(record, verifier)) return record;
  }
  return undefined;
}

/**
 * Whether an earlier version of this package signed the browser in. It set only the pair of cookies, with
 * an id without a time, so there is no record of the sign-in.
 */
function isOfEarlierVersion(pairSessionId: string | undefined, records: readonly SessionRecord[]): boolean {
  if (pairSessionId === undefined || isTimeOrdered(pairSessionId)) return false;
  return !records.some(({ sessionId }) => sessionId === pairSessionId);
}

/** Whether this app wrote the record. */
export async function isGenuine(record: SessionRecord, verifier: TokenVerifier): Promise<boolean> {
  if (record.type === "replaced") return verifier.replaced(record.value, record.sessionId);
  return (await verifier.refresh(record.value)) !== undefined;
}

async function newestRefreshToken(
  sessionId: string | undefined,
  { refresh, records }: SentCookies,
  verifier: TokenVerifier,
): ReturnType<BrowserSession["refresh"]> {
  const copies = records.flatMap((record) => (record.type === "token" ? record.value : []));
  const tokens = [...(refresh === undefined ? [] : [refresh]), ...copies].flatMap((token) => {
    const claims = readRefreshToken(token);
    return claims && claims.sessionId === sessionId ? { token, generation: claims.generation } : [];
  });
  for (const { token } of tokens.toSorted((a, b) => b.generation - a.generation)) {
    const claims = await verifier.refresh(token);
    if (claims) return { ...claims, token };
  }
  return undefined;
}
