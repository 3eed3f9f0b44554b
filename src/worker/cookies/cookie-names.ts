import type { CookieOptions } from "./cookie-options.js";
import { isLoopback } from "./is-loopback.js";
import { isRecordName } from "./session-record.js";

export interface CookieNameOptions extends Pick<CookieOptions, "partitioned"> {
  /**
   * The start of the names, after `__Host-`.
   * @default "userdo"
   */
  readonly prefix?: string | undefined;
  /** The request's URL. Over http on a loopback host, not every browser takes `__Host-` and Secure cookies. */
  readonly url: URL;
}

/** The names of one app's cookies at one address. */
export interface CookieNames {
  /** The start of every name. */
  readonly start: string;
  /** Whether the cookies have to do without `__Host-`. */
  readonly isLocal: boolean;
  /** Whether a name is exactly one of the app's. Other software may use names with the same start. */
  readonly has: (name: string) => boolean;
}

const TOKENS: ReadonlySet<string> = new Set(["access", "refresh", "device"]);

export function cookieNames({ prefix = "userdo", partitioned = false, url }: CookieNameOptions): CookieNames {
  const isLocal = url.protocol === "http:" && isLoopback(url);
  // A browser sends a partitioned and an unpartitioned cookie of one name, and the request does not show which is which.
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
