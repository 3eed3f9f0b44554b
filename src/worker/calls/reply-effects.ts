import type { ErrorShape, Reply, SessionEffect } from "../../shared/call.js";
import { USER_HEADER } from "../../shared/user-header.js";
import { sessionUserAfter } from "../auth/expected-user.js";
import type { HandleCallsOptions } from "./handle-calls.js";

/** What the replies to the calls of a request change in the headers of its response. */
export interface ReplyEffects {
  readonly session: SessionEffect | undefined;
  readonly deviceToken: string | undefined;
  /** Seconds after which all failed calls can succeed. */
  readonly retryAfter: number | undefined;
}

/** @param session the change of the session by the renewal of an expired access token */
export function collectEffects(
  replies: readonly (Reply | undefined)[],
  session: SessionEffect | undefined,
): ReplyEffects {
  // If another call of the batch failed because the previous session has ended, it must not undo the sign-in.
  const signsIn = replies.some((reply) => reply?.session);
  let deviceToken: string | undefined;
  let retryAfter: number | undefined;
  let changed = session;
  for (const reply of replies) {
    if (!reply) continue;
    if (reply.session !== undefined && (reply.ok || !signsIn)) changed = reply.session;
    if (reply.ok) deviceToken = reply.deviceToken ?? deviceToken;
    // During a deploy, an object of an older version can send a shape without data.
    const data = reply.ok ? undefined : (reply.error.data as ErrorShape["data"] | null | undefined);
    if (typeof data?.["retryAfter"] === "number") retryAfter = Math.max(retryAfter ?? 0, data["retryAfter"]);
  }
  return { session: changed, deviceToken, retryAfter };
}

/**
 * Informs a client that its token was rejected, so that it refreshes the token and repeats the call.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
const CHALLENGE = 'Bearer error="invalid_token"';

type Header = readonly [name: string, value: string];

export interface EffectHeaders {
  readonly headers: readonly Header[];
  /** The values of `Set-Cookie`. */
  readonly cookies: readonly string[];
}

/**
 * The cookies that calls set, the id of the session's user, and the challenge for an invalid Bearer token. Returns a promise only
 * if the cookies of the session may change.
 */
export function effectHeaders(
  { session, deviceToken, retryAfter }: ReplyEffects,
  { gated, identity, writeCookies, writeDeviceCookie }: HandleCallsOptions,
): EffectHeaders | Promise<EffectHeaders> {
  const isBearer = gated.bearer !== undefined;
  // If the session of a Bearer token has ended, the cookies of the request may still be valid, because they were not checked.
  const effect = isBearer && session === null ? undefined : session;
  const headers: Header[] = [];
  if (retryAfter !== undefined) headers.push(["Retry-After", String(retryAfter)]);
  if (isBearer && identity.type === "anonymous") headers.push(["WWW-Authenticate", CHALLENGE]);
  if (!isBearer) headers.push([USER_HEADER, sessionUserAfter(effect, identity)]);
  const withCookies = (cookies: readonly string[]): EffectHeaders => ({
    headers,
    cookies: deviceToken === undefined ? cookies : [...cookies, writeDeviceCookie(deviceToken)],
  });
  const written = writeCookies(effect);
  return written instanceof Promise ? written.then(withCookies) : withCookies(written);
}
