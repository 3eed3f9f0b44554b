import ReconnectingWebSocket from "partysocket/ws";

/** How long a connection may take to open, in milliseconds. A plain WebSocket would wait for minutes. */
const CONNECTION_TIMEOUT = 10_000;

/**
 * The socket class for tRPC's client: a WebSocket that gives up on a connection that does not open. Its own
 * retries are off: tRPC's client reconnects, and two that do would leave sockets behind that nobody listens to.
 */
export function createSocketClass(implementation: typeof WebSocket | undefined): typeof WebSocket {
  class SocketWithTimeout extends ReconnectingWebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(String(url), protocols, {
        connectionTimeout: CONNECTION_TIMEOUT,
        maxRetries: 0,
        shouldReconnectOnClose: () => false,
        ...(implementation && { WebSocket: implementation }),
      });
    }
  }
  // The same as a WebSocket but for the types of its events' `this`.
  return SocketWithTimeout as unknown as typeof WebSocket;
}
