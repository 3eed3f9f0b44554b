import { isLocalUrl, cookieNames, type CookieNames } from "./cookie-names.js";
import { createCookies, type CookiesOptions, type SessionCookies } from "./create-cookies.js";
import type { SentCookies } from "./find-browser-session.js";

/** The cookies of one app, for hosts of one kind. */
export interface AppCookies extends SessionCookies {
  readonly names: CookieNames;
  /** Reads the tokens in a request's cookies, not verified yet. */
  readSent(cookies: Readonly<Record<string, string | undefined>>): SentCookies;
}

/**
 * Returns a function that returns the app's cookies for the URL of a request. They differ only between this machine and other
 * hosts, so they are created once for each.
 */
export function createCookiesAt(options: Omit<CookiesOptions, "url">): (url: URL) => AppCookies {
  let local: AppCookies | undefined;
  let remote: AppCookies | undefined;
  // A request needs its cookies several times, and reading the properties of a URL is slow.
  let last: { readonly url: URL; readonly cookies: AppCookies } | undefined;
  return (url) => {
    if (last?.url === url) return last.cookies;
    const cookies = isLocalUrl(url)
      ? (local ??= createAppCookies({ ...options, url }))
      : (remote ??= createAppCookies({ ...options, url }));
    last = { url, cookies };
    return cookies;
  };
}

function createAppCookies(options: CookiesOptions): AppCookies {
  const cookies = createCookies(options);
  // The gate returns the same object for the same header.
  const known = new WeakMap<object, SentCookies>();
  return {
    ...cookies,
    names: cookieNames(options),
    readSent(given) {
      let sent = known.get(given);
      if (!sent) known.set(given, (sent = { ...cookies.read(given), records: cookies.readRecords(given) }));
      return sent;
    },
  };
}
