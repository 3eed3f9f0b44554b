import ReconnectingWebSocket from "partysocket/ws";

/** How long a connection may take to open, in milliseconds. A plain WebSocket would wait for minutes. */
const CONNECTION_TIMEOUT = 10_000;

/**
 * The socket class for tRPC's client: a WebSocket that gives up on a connection that does not open. Its own
 * retries are off: tRPC's client reconnects, and two that do would leave sockets behind that nobody listens to.
 */
export function createSocketClass(
  implementation: typeof WebSocket | undefined,
  token: () => string | undefined,
): typeof WebSocket {
  class SocketWithTimeout extends ReconnectingWebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(String(url), protocols, {
        connectionTimeout: CONNECTION_TIMEOUT,
        maxRetries: 0,
        shouldReconnectOnClose: () => false,
        ...withToken(implementation, token()),
      });
    }
  }
  // The same as a WebSocket but for the types of its events' `this`.
  return SocketWithTimeout as unknown as typeof WebSocket;
}

/** A class whose sockets say who they are in a header, as far as the platform's own lets it: a browser's does not. */
function withToken(implementation: typeof WebSocket | undefined, token: string | undefined) {
  if (token === undefined) return implementation && { WebSocket: implementation };
  const Base = (implementation ?? globalThis.WebSocket) as unknown as SocketWithHeaders;
  return {
    WebSocket: class extends Base {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols, { headers: { Authorization: `Bearer ${token}` } });
      }
    },
  };
}

/** What Node's `ws` and React Native's WebSocket take as their third argument. */
type SocketWithHeaders = new (
  url: string | URL,
  protocols: string | string[] | undefined,
  options: { readonly headers: Readonly<Record<string, string>> },
) => WebSocket;
