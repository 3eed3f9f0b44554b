import { APP_PARAMETER, USER_PARAMETER } from "../shared/socket-parameters.js";

import type { APP as OF_APP, OwnerKey } from "./procedure-owners.js";

const APP: typeof OF_APP = "app:";

/** The target of an owner's socket. */
export interface SocketTarget {
  /** The URL of the tRPC endpoint: absolute, or relative to `base`. */
  readonly url: string;
  /** The base URL of the page: its own URL, or that of its `<base>`; `undefined` outside a browser. */
  readonly base: string | undefined;
  readonly owner: OwnerKey;
  /** The user who opens the socket. The server rejects it if the browser's cookies belong to another user. */
  readonly user?: string | undefined;
}

const ABSOLUTE = /^(http|ws)s?:\/\//i;

/**
 * Returns the URL of the WebSocket: `wss:` for `https:`, `ws:` for `http:`. An absolute URL is not parsed, because React Native's `URL`
 * is incomplete.
 *
 * @throws Error for a relative URL outside a browser
 */
export function socketUrl({ url, base, owner, user }: SocketTarget): string {
  if (!ABSOLUTE.test(url) && base === undefined) {
    throw new Error(`"${url}" is relative, but there is no page. Pass an absolute \`url\`.`);
  }
  const [whole = ""] = (ABSOLUTE.test(url) ? url : new URL(url, base).href).split("#", 1);
  // The server does not accept a trailing slash. For calls, tRPC's link also removes it.
  const [path = "", ...query] = whole.split("?");
  const parameters = Object.entries({
    ...(owner === APP ? { [APP_PARAMETER]: "" } : { organizationId: owner }),
    [USER_PARAMETER]: user,
  }).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${encodeURIComponent(value)}`));
  const target = [path.replace(/\/$/, ""), ...query].join("?").replace(/^http/i, "ws");
  return parameters.length === 0 ? target : `${target}${target.includes("?") ? "&" : "?"}${parameters.join("&")}`;
}
