/** How long a connection may take to open, in milliseconds. A plain WebSocket would wait for minutes. */
const CONNECTION_TIMEOUT = 10_000;

/** What Node's `ws` and React Native's WebSocket take as their third argument; a browser's has only two. */
type SocketClass = new (
  url: string | URL,
  protocols?: string | string[],
  options?: { readonly headers: Readonly<Record<string, string>> },
) => WebSocket;

/**
 * The socket class for tRPC's client: a WebSocket that gives up on a connection that does not open, and says who it is
 * in a header as far as the platform's own lets it. Reconnecting is left to tRPC's client.
 */
export function createSocketClass(
  implementation: typeof WebSocket | undefined,
  token: () => string | undefined,
  timeout: number = CONNECTION_TIMEOUT,
): typeof WebSocket {
  const Base = (implementation ?? globalThis.WebSocket) as SocketClass;

  class SocketWithTimeout extends Base {
    constructor(url: string | URL, protocols?: string | string[]) {
      const access = token();
      super(url, protocols, ...(access === undefined ? [] : [{ headers: { Authorization: `Bearer ${access}` } }]));
      let waiting = true;
      const patience = setTimeout(() => {
        this.close();
        // Node 22's own class closes without a word.
        setTimeout(() => waiting && this.dispatchEvent(new Event("close")), 100);
      }, timeout);
      const settle = (): void => {
        waiting = false;
        clearTimeout(patience);
      };
      this.addEventListener("open", settle);
      this.addEventListener("close", settle);
    }
  }
  return SocketWithTimeout as typeof WebSocket;
}
