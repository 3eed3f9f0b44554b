import type { SocketClass } from "./socket-class.js";

/** How long a connection may take to open, in milliseconds. A plain WebSocket would wait for minutes. */
const CONNECTION_TIMEOUT = 10_000;

export interface SocketClassOptions {
  /** @default the platform's own */
  readonly implementation: SocketClass | undefined;
  /** The access token to say who it is by, for a client that keeps its own. */
  readonly token: () => string | undefined;
  /**
   * In milliseconds.
   * @default 10000
   */
  readonly timeout?: number;
}

/** What Node's `ws` and React Native's WebSocket take as their third argument; a browser's has only two. */
type SocketWithHeaders = new (
  url: string | URL,
  protocols: string | string[] | undefined,
  options: { readonly headers: Readonly<Record<string, string>> },
) => WebSocket;

/**
 * The socket class for tRPC's client: partysocket's, which gives up on a connection that does not open. Its own retries
 * are off: tRPC's client reconnects, and two that do would leave sockets behind that nobody listens to.
 *
 * A page that opens no socket does not load it: call `load` before the first.
 */
export function createSocketClass({ implementation, token, timeout = CONNECTION_TIMEOUT }: SocketClassOptions) {
  let connect: ((url: string | URL, protocols?: string | string[]) => object) | undefined;

  /** Says who it is in a header, as far as the platform's own lets it: a browser's does not. */
  function withToken(access: string | undefined) {
    if (access === undefined) return implementation && { WebSocket: implementation };
    // The DOM's type has two arguments, and so says nothing of the third that the others take.
    const Base = (implementation ?? globalThis.WebSocket) as unknown as SocketWithHeaders;
    return {
      WebSocket: class extends Base {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(url, protocols, { headers: { Authorization: `Bearer ${access}` } });
        }
      },
    };
  }

  class SocketWithTimeout {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;

    constructor(url: string | URL, protocols?: string | string[]) {
      if (!connect) throw new Error("The socket class was not loaded.");
      return connect(url, protocols);
    }
  }

  return {
    async load(): Promise<void> {
      const { default: ReconnectingWebSocket } = await import("partysocket/ws");
      connect = (url, protocols) =>
        new ReconnectingWebSocket(String(url), protocols, {
          connectionTimeout: timeout,
          maxRetries: 0,
          shouldReconnectOnClose: () => false,
          ...withToken(token()),
        });
    },
    // The same as a WebSocket but for the types of its events' `this`.
    WebSocket: SocketWithTimeout as unknown as typeof WebSocket,
  };
}
