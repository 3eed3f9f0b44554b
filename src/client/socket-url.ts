/** Where an owner's socket is opened. */
export interface SocketTarget {
  /** Where tRPC answers: absolute, or relative to `base`. */
  readonly url: string;
  /** The page's own address; none outside a browser. */
  readonly base: string | undefined;
  /** Whose socket: an organization's, or the user's own. */
  readonly organizationId: string | undefined;
}

/**
 * The WebSocket's URL: `wss:` for `https:`, `ws:` for `http:`.
 *
 * @throws Error for a relative URL outside a browser
 */
export function socketUrl({ url, base, organizationId }: SocketTarget): string {
  if (!URL.canParse(url, base)) {
    throw new Error(`"${url}" is relative, and there is no page that it could be relative to. Pass an absolute url.`);
  }
  const target = new URL(url, base);
  target.protocol = target.protocol.replace(/^http/, "ws");
  if (organizationId !== undefined) target.searchParams.set("organizationId", organizationId);
  return target.href;
}
