import { USER_PARAMETER } from "../shared/socket-parameters.js";

/** Where an owner's socket is opened. */
export interface SocketTarget {
  /** Where tRPC answers: absolute, or relative to `base`. */
  readonly url: string;
  /** The page's own address; none outside a browser. */
  readonly base: string | undefined;
  /** Whose socket: an organization's, or the user's own. */
  readonly organizationId: string | undefined;
  /** The user that it is opened for. The server refuses it if the browser's cookies belong to another. */
  readonly user?: string | undefined;
}

/**
 * The WebSocket's URL: `wss:` for `https:`, `ws:` for `http:`.
 *
 * @throws Error for a relative URL outside a browser
 */
export function socketUrl({ url, base, organizationId, user }: SocketTarget): string {
  if (!URL.canParse(url, base)) {
    throw new Error(`"${url}" is relative, and there is no page that it could be relative to. Pass an absolute url.`);
  }
  const target = new URL(url, base);
  target.protocol = target.protocol.replace(/^http/, "ws");
  if (organizationId !== undefined) target.searchParams.set("organizationId", organizationId);
  if (user !== undefined) target.searchParams.set(USER_PARAMETER, user);
  return target.href;
}
