import type { RefreshClaims } from "../../jwt/refresh-token.js";
import type { Placement } from "../../router/placement.js";
import type { SessionEffect } from "../../shared/call.js";
import { anonymous, type Caller } from "../../shared/caller.js";
import type { Device } from "../../shared/device.js";
import { stubOf } from "../../shared/object-stub.js";
import type { Configuration } from "../configuration.js";
import type { BrowserSession } from "../cookies/find-browser-session.js";
import { verifyRecent } from "./recent-tokens.js";

/** The credentials of a request. Beside a bearer token, cookies are ignored. */
export interface RequestCredentials {
  readonly bearer: string | undefined;
  readonly session: BrowserSession;
}

/** Who makes a request, as far as its signatures say. No object has been asked. */
export type Identity =
  | { readonly type: "known"; readonly caller: Caller; readonly expiresAt: number }
  | { readonly type: "lapsed"; readonly claims: RefreshClaims }
  | { readonly type: "nobody" };

/** Checks a request's tokens. A forged, expired or missing one is nobody, and nobody's object is touched for it. */
export async function authenticate(
  { bearer, session }: RequestCredentials,
  configuration: Configuration,
): Promise<Identity> {
  const access = bearer === undefined ? session.access : await verifyRecent(bearer, configuration);
  if (access) return { type: "known", caller: asCaller(access), expiresAt: access.expiresAt };
  const claims = bearer === undefined ? await session.refresh() : undefined;
  return claims ? { type: "lapsed", claims } : { type: "nobody" };
}

/**
 * Renews an expired access token by the refresh token. This is the only request that is made before a call is routed.
 *
 * @param admits the sessions that may still make the calls although they are over
 */
export async function renew(
  claims: RefreshClaims,
  { namespace }: Configuration,
  { device, admits }: { readonly device: Device; readonly admits: Placement["acceptsSessions"] },
): Promise<{ caller: Caller; effect: SessionEffect | undefined }> {
  const { userId, sessionId, generation } = claims;
  const stub = stubOf(namespace, { type: "user", id: userId });
  const tokens = await stub.internal({ op: "refresh", sessionId, generation, device });
  if (tokens !== "replaced" && tokens !== "ended") return { caller: asCaller(claims), effect: tokens };
  // The procedure checks that the session is over, and only repeats a lost reply.
  const caller = admits === tokens ? asCaller(claims) : anonymous;
  return { caller, effect: tokens === "ended" ? null : undefined };
}

/**
 * How long a socket may be used if only a refresh token authenticated it, in milliseconds. The token is not exchanged during the
 * handshake, because browsers do not reliably store its cookies. The user's object checks that the token is still the newest.
 */
const WITHOUT_ACCESS_TOKEN = 15 * 60_000;

/** When a socket that the request opens expires, in milliseconds since the epoch. */
export function accessExpiryOf(identity: Identity): number {
  return identity.type === "known" ? identity.expiresAt : Date.now() + WITHOUT_ACCESS_TOKEN;
}

/** The caller that a session's claims stand for. */
export function asCaller({ userId, sessionId, generation }: SessionClaims): Caller {
  return { type: "user", userId, via: "session", sessionId, ...(generation !== undefined && { generation }) };
}

interface SessionClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly generation?: number | undefined;
}
