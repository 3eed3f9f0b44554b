import type * as openSocketModule from "./open-socket.js";
import type { SocketClass } from "./socket-class.js";

/** How long a connection may take to open, in milliseconds. A plain WebSocket would wait for minutes. */
const CONNECTION_TIMEOUT = 10_000;

type SocketModule = typeof openSocketModule;

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

/**
 * The socket class for tRPC's client: partysocket's, which gives up on a connection that does not open. Its own retries
 * are off: tRPC's client reconnects, and two that do would leave sockets behind that nobody listens to.
 *
 * A page that opens no socket does not load it: call `load` before the first.
 */
export function createSocketClass({ implementation, token, timeout = CONNECTION_TIMEOUT }: SocketClassOptions) {
  // Set by `load`.
  let connect!: (url: string | URL, protocols: string | string[] | undefined) => object;
  let takesHeaders = true;

  class SocketWithTimeout {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;

    constructor(url: string | URL, protocols?: string | string[]) {
      return connect(url, protocols);
    }
  }

  return {
    /** Whether the token could be sent with the newest connection; so too while there was none. */
    takesHeaders: (): boolean => takesHeaders,

    async load(): Promise<SocketModule> {
      const module = await import("./open-socket.js");
      connect = (url, protocols) =>
        module.openSocket({
          url: String(url),
          protocols,
          timeout,
          implementation,
          access: token(),
          onTakesHeaders: (takes) => (takesHeaders = takes),
        });
      return module;
    },
    // The same as a WebSocket but for the types of its events' `this`.
    WebSocket: SocketWithTimeout as unknown as typeof WebSocket,
  };
}
