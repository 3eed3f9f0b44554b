import { USER_PARAMETER } from "../shared/socket-parameters.js";

/** Where an owner's socket is opened. */
export interface SocketTarget {
  /** Where tRPC answers: absolute, or relative to `base`. */
  readonly url: string;
  /** The address that the page's relative URLs begin at: its own, or that of its `<base>`; none outside a browser. */
  readonly base: string | undefined;
  /** Whose socket: an organization's, or the user's own. */
  readonly organizationId: string | undefined;
  /** The user that it is opened for. The server refuses it if the browser's cookies belong to another. */
  readonly user?: string | undefined;
}

const ABSOLUTE = /^(http|ws)s?:\/\//i;

/**
 * The WebSocket's URL: `wss:` for `https:`, `ws:` for `http:`. An absolute URL is not parsed, because React Native's `URL`
 * is incomplete.
 *
 * @throws Error for a relative URL outside a browser
 */
export function socketUrl({ url, base, organizationId, user }: SocketTarget): string {
  if (!ABSOLUTE.test(url) && base === undefined) {
    throw new Error(`"${url}" is relative, but there is no page. Pass an absolute \`url\`.`);
  }
  const [whole = ""] = (ABSOLUTE.test(url) ? url : new URL(url, base).href).split("#", 1);
  // The server answers at the path alone. For calls, tRPC's link removes the slash as well.
  const [path = "", ...query] = whole.split("?");
  const parameters = Object.entries({ organizationId, [USER_PARAMETER]: user }).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
  );
  const target = [path.replace(/\/$/, ""), ...query].join("?").replace(/^http/i, "ws");
  return parameters.length === 0 ? target : `${target}${target.includes("?") ? "&" : "?"}${parameters.join("&")}`;
}
