import { stringifySetCookie } from "cookie";
import type { SessionTokens } from "../../shared/call.js";
import { limits } from "../../shared/limits.js";
import { isLoopback } from "./is-loopback.js";

export interface CookiesOptions {
  /**
   * What the cookies' names start with, behind `__Host-`.
   * @default "userdo"
   */
  readonly prefix?: string | undefined;
  /** The request's URL. Over http on a loopback host, browsers take no `__Host-` and no Secure cookies. */
  readonly url: URL;
}

/** The tokens that a browser's cookies hold. Nothing here is verified yet. */
export interface CookieTokens {
  readonly access?: string;
  readonly refresh?: string;
  /** Says who signed in on this browser before; it outlives every session. */
  readonly device?: string;
}

/** A session's cookies: read from the request's, written as values of `Set-Cookie`. */
export interface SessionCookies {
  read(cookies: Readonly<Record<string, string | undefined>>): CookieTokens;
  /** @param now milliseconds since the epoch */
  set(tokens: SessionTokens, now: number): string[];
  /** Deletes the session's two, by the attributes they were set with: no other way deletes a `__Host-` cookie. */
  clear(): string[];
}

const YEAR = 365 * 24 * 60 * 60;

/** The cookies of one app. Scripts cannot read them, and other sites' pages cannot send them along with a POST. */
export function createCookies({ prefix = "userdo", url }: CookiesOptions): SessionCookies {
  const secure = !(url.protocol === "http:" && isLoopback(url));
  const nameOf = (token: keyof CookieTokens) => `${secure ? "__Host-" : ""}${prefix}-${token}`;
  const write = (token: keyof CookieTokens, value: string, maxAge: number) =>
    stringifySetCookie({
      name: nameOf(token),
      value,
      httpOnly: true,
      secure,
      sameSite: "lax",
      path: "/",
      maxAge,
    });

  return {
    read(cookies) {
      const access = cookies[nameOf("access")];
      const refresh = cookies[nameOf("refresh")];
      const device = cookies[nameOf("device")];
      return {
        ...(isToken(access) && { access }),
        ...(isToken(refresh) && { refresh }),
        ...(isToken(device) && { device }),
      };
    },
    set: (tokens, now) => [
      write("access", tokens.accessToken, secondsUntil(tokens.accessExpiresAt, now)),
      write("refresh", tokens.refreshToken, secondsUntil(tokens.refreshExpiresAt, now)),
      ...(tokens.deviceToken === undefined ? [] : [write("device", tokens.deviceToken, YEAR)]),
    ],
    clear: () => [write("access", "", 0), write("refresh", "", 0)],
  };
}

function isToken(value: string | undefined): value is string {
  return value !== undefined && value !== "" && value.length <= limits.tokenLength;
}

function secondsUntil(time: number, now: number): number {
  return Math.max(0, Math.floor((time - now) / 1000));
}
