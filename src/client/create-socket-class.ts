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

interface SocketOptions {
  readonly headers: Readonly<Record<string, string>>;
}

/** Node's own and Bun's take options as the second argument, React Native's as the third, and `ws` as either. */
type SocketWithHeaders = new (url: string, options?: SocketOptions, again?: SocketOptions) => WebSocket;

/**
 * The socket class for tRPC's client: partysocket's, which gives up on a connection that does not open. Its own retries
 * are off: tRPC's client reconnects, and two that do would leave sockets behind that nobody listens to.
 *
 * A page that opens no socket does not load it: call `load` before the first.
 */
export function createSocketClass({ implementation, token, timeout = CONNECTION_TIMEOUT }: SocketClassOptions) {
  let connect: ((url: string | URL, protocols?: string | string[]) => object) | undefined;

  let takesHeaders = true;

  /** Says who it is in a header, where the class takes one: a browser's does not. */
  function withToken(access: string | undefined) {
    if (access === undefined) return implementation && { WebSocket: implementation };
    // The DOM's type says nothing of the options that others take.
    const Base = (implementation ?? globalThis.WebSocket) as unknown as SocketWithHeaders;
    function SocketWithToken(url: string): WebSocket {
      takesHeaders = false;
      const options: SocketOptions = {
        // No class says what it takes. One that takes headers reads them.
        get headers() {
          takesHeaders = true;
          return { Authorization: `Bearer ${access}` };
        },
      };
      try {
        return new Base(url, options, options);
      } catch {
        // To a browser the options are the name of a protocol, and a malformed one.
        return new Base(url);
      }
    }
    return { WebSocket: SocketWithToken };
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
    /** Whether the token could be sent with the newest connection; so too while there was none. */
    takesHeaders: (): boolean => takesHeaders,

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
