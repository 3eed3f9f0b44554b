import type { CookieOptions } from "./cookie-options.js";
import { isRecordName } from "./session-record.js";

const LOOPBACK = /^(localhost|.+\.localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/;

export interface CookieNameOptions extends Pick<CookieOptions, "partitioned"> {
  /**
   * The prefix of the names, after `__Host-`.
   * @default "userdo"
   */
  readonly prefix?: string | undefined;
  /** The URL of the request. Over http on a loopback host, some browsers reject `__Host-` and Secure cookies. */
  readonly url: URL;
}

/** The names of one app's cookies at one address. */
export interface CookieNames {
  /** The first part of every name. */
  readonly start: string;
  /** Whether the names do not have the prefix `__Host-`. */
  readonly isLocal: boolean;
  /** Whether a name is one of the app's. Other software may use names that start in the same way. */
  readonly has: (name: string) => boolean;
}

const TOKENS: ReadonlySet<string> = new Set(["access", "refresh", "device"]);

export function cookieNames({ prefix = "userdo", partitioned = false, url }: CookieNameOptions): CookieNames {
  const isLocal = isLocalUrl(url);
  // Different names, because a browser sends both a partitioned and an unpartitioned cookie with the same name, and the
  // request does not show which is which.
  const start = `${isLocal ? "" : "__Host-"}${prefix}-${partitioned ? "partitioned-" : ""}`;
  return {
    start,
    isLocal,
    has(name) {
      if (!name.startsWith(start)) return false;
      const rest = name.slice(start.length);
      return TOKENS.has(rest) || isRecordName(rest);
    },
  };
}

/** Whether a browser may reject `__Host-` and Secure cookies of a URL: http on this machine. */
export function isLocalUrl(url: URL): boolean {
  return url.protocol === "http:" && isLoopback(url);
}

/** Whether a URL's host is this machine: `localhost`, `*.localhost`, 127.0.0.0/8 or `[::1]`. */
export function isLoopback(url: URL): boolean {
  return LOOPBACK.test(url.hostname);
}
