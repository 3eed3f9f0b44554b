import { stringifySetCookie } from "cookie";
import { readRefreshToken } from "../../jwt/refresh-token.js";
import type { SessionTokens } from "../../shared/call.js";
import { limits } from "../../shared/limits.js";
import { cookieNames, type CookieNameOptions } from "./cookie-names.js";
import type { CookieOptions } from "./cookie-options.js";
import { readRecords, recordName, type SessionRecord } from "./session-record.js";

export interface CookiesOptions extends CookieOptions, CookieNameOptions {}

/** The tokens in a browser's cookies, not verified yet. */
export interface CookieTokens {
  readonly access?: string;
  readonly refresh?: string;
  /** Proves who signed in with this browser before. It outlives every session. */
  readonly device?: string;
}

type Cookies = Readonly<Record<string, string | undefined>>;

/** Reads a session's cookies from a request, and writes them as values of `Set-Cookie`. */
export interface SessionCookies {
  read(cookies: Cookies): CookieTokens;
  /** Reads the cookies of single sessions, newest first. */
  readRecords(cookies: Cookies): readonly SessionRecord[];
  /**
   * Writes a session's tokens, and its record.
   * @param now milliseconds since the epoch
   */
  set(tokens: SessionTokens, now: number): string[];
  /** Writes the cookie that marks the browser as one of a user's. */
  setDevice(token: string): string;
  /** Deletes the two cookies of the session. Their attributes have to match, or a browser does not delete a `__Host-` cookie. */
  clear(): string[];
  /** Writes the mark of a replaced session. It outlives every session. */
  setReplaced(sessionId: string, mark: string): string;
  deleteRecord(record: SessionRecord): string;
}

/** In seconds. */
const YEAR = 365 * 24 * 60 * 60;

/**
 * Creates the cookies of one app. Scripts cannot read them. With `sameSite: "lax"`, browsers do not send them with a POST of
 * another site's page; with `"none"`, the origin check refuses such requests.
 */
export function createCookies({ prefix, url, sameSite = "lax", partitioned = false }: CookiesOptions): SessionCookies {
  const { start, isLocal } = cookieNames({ prefix, partitioned, url });
  const nameOf = (token: keyof CookieTokens) => start + token;
  const write = (name: string, value: string, maxAge: number) =>
    stringifySetCookie({
      name: start + name,
      value,
      httpOnly: true,
      // Browsers refuse SameSite=None without it.
      secure: !isLocal || sameSite === "none",
      sameSite,
      partitioned,
      path: "/",
      maxAge,
    });

  const writeDevice = (token: string): string => write("device", token, YEAR);

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
    readRecords: (cookies) => readRecords(cookies, start),
    set(tokens, now) {
      const claims = readRefreshToken(tokens.refreshToken);
      const refreshAge = secondsUntil(tokens.refreshExpiresAt, now);
      return [
        write("access", tokens.accessToken, secondsUntil(tokens.accessExpiresAt, now)),
        write("refresh", tokens.refreshToken, refreshAge),
        ...(tokens.deviceToken === undefined ? [] : [writeDevice(tokens.deviceToken)]),
        ...(claims
          ? [write(recordName({ type: "token", value: "", ...claims }), tokens.refreshToken, refreshAge)]
          : []),
      ];
    },
    setDevice: writeDevice,
    clear: () => [write("access", "", 0), write("refresh", "", 0)],
    setReplaced: (sessionId, mark) => write(recordName({ type: "replaced", sessionId, value: mark }), mark, YEAR),
    deleteRecord: (record) => write(recordName(record), "", 0),
  };
}

function isToken(value: string | undefined): value is string {
  return value !== undefined && value !== "" && value.length <= limits.tokenLength;
}

function secondsUntil(time: number, now: number): number {
  return Math.max(0, Math.floor((time - now) / 1000));
}
