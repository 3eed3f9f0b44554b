import type { RefreshClaims } from "../../jwt/refresh-token.js";
import type { Placement } from "../../router/placement.js";
import type { SessionEffect } from "../../shared/call.js";
import { anonymous, type Caller } from "../../shared/caller.js";
import type { Device } from "../../shared/device.js";
import { stubOf } from "../../shared/object-stub.js";
import { sendInternal } from "../../shared/send-internal.js";
import type { Configuration } from "../configuration.js";
import type { BrowserSession } from "../cookies/find-browser-session.js";
import { verifyAccessTokenCached, type VerifiedAccess } from "./access-token-cache.js";

/** The credentials of a request. Beside a Bearer token, cookies are ignored. */
export interface RequestCredentials {
  readonly bearer: string | undefined;
  readonly session: BrowserSession;
}

/** The sender of a request according to its verified tokens. Whether the session is alive is not checked yet. */
export type Identity =
  /** `expiresAt` is in milliseconds since the epoch. */
  | { readonly type: "authenticated"; readonly caller: Caller; readonly expiresAt: number }
  /** The access token has expired, and the refresh token is valid. */
  | { readonly type: "expired"; readonly claims: RefreshClaims }
  | { readonly type: "anonymous" };

/**
 * Verifies a request's tokens. A request with a forged, expired or missing token is anonymous and never reaches an object.
 * Returns a promise only if a token is not cached.
 */
export function authenticate(
  { bearer, session }: RequestCredentials,
  configuration: Configuration,
): Identity | Promise<Identity> {
  if (bearer === undefined) return session.access ? toIdentity(session.access) : authenticateRefresh(session);
  const access = verifyAccessTokenCached(bearer, configuration);
  return access instanceof Promise
    ? access.then((verified) => (verified ? toIdentity(verified) : { type: "anonymous" }))
    : toIdentity(access);
}

async function authenticateRefresh(session: BrowserSession): Promise<Identity> {
  const claims = await session.refresh();
  return claims ? { type: "expired", claims } : { type: "anonymous" };
}

function toIdentity(access: VerifiedAccess): Identity {
  return { type: "authenticated", caller: callerOf(access), expiresAt: access.expiresAt };
}

interface RenewOptions {
  readonly device: Device;
  /** The ended sessions that may still make the calls. */
  readonly acceptsSessions: Placement["acceptsSessions"];
  /** Whether one of the calls runs in the Worker. */
  readonly runsHere: boolean;
}

/**
 * Renews an expired access token with the refresh token. This is the only RPC before the calls of a request are sent.
 */
export async function renew(
  claims: RefreshClaims,
  { namespace }: Configuration,
  { device, acceptsSessions, runsHere }: RenewOptions,
): Promise<{ caller: Caller; effect: SessionEffect | undefined }> {
  const { userId, sessionId, generation } = claims;
  const stub = stubOf(namespace, { type: "user", id: userId });
  const refreshed = await sendInternal(stub, { op: "refresh", sessionId, generation, device });
  if (refreshed.ok) return { caller: callerOf(claims), effect: refreshed.value };
  // The object of each call refuses it, with the reason. A procedure that runs in the Worker must not see the caller.
  if (refreshed.reason === "ACCOUNT_SUSPENDED")
    return { caller: runsHere ? anonymous : callerOf(claims), effect: null };
  const isReplaced = refreshed.reason === "SESSION_REPLACED";
  // The procedure itself checks that the session has ended, and only repeats a reply that was lost.
  const caller = acceptsSessions === (isReplaced ? "replaced" : "ended") ? callerOf(claims) : anonymous;
  return { caller, effect: isReplaced ? undefined : null };
}

/**
 * How long a socket may be used if only a refresh token authenticated it. The token is not exchanged during the handshake,
 * because browsers do not reliably store the cookies of its response. The user's object checks that it is still the newest.
 */
const SOCKET_LIFETIME_MS = 15 * 60_000;

/** When a socket that the request opens expires, in milliseconds since the epoch. */
export function accessExpiryOf(identity: Identity): number {
  return identity.type === "authenticated" ? identity.expiresAt : Date.now() + SOCKET_LIFETIME_MS;
}

/** The caller of a session's claims. */
export function callerOf({ userId, sessionId, generation }: SessionClaims): Caller {
  return { type: "user", userId, via: "session", sessionId, ...(generation !== undefined && { generation }) };
}

interface SessionClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly generation?: number | undefined;
}
