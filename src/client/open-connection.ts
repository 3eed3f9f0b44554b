import { TICKET_PARAMETER } from "../shared/socket-parameters.js";
import type { SocketClass } from "./socket-class.js";

/** A connection of a platform's WebSocket class, as far as the client uses it. */
export type PlatformSocket = InstanceType<SocketClass>;

export const NO_WEBSOCKET =
  "This runtime has no WebSocket. Use Node 22 or newer, or pass the `WebSocket` of the package `ws` to the client.";

export interface OpenConnectionOptions {
  readonly url: string;
  /** @default the platform's own */
  readonly implementation: SocketClass | undefined;
  /** Sent with the handshake if the class takes headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Returns a ticket that authenticates the socket, for a class that cannot send the headers that do. */
  readonly ticket: (() => Promise<string>) | undefined;
  /** Called with the socket before any event of it. Without a ticket, this happens before the function returns. */
  readonly onSocket: (socket: PlatformSocket) => void;
}

interface HandshakeOptions {
  readonly headers: Readonly<Record<string, string>>;
}

/** Node's own class and Bun's take options as the second argument, React Native's as the third, and `ws` as either. */
type SocketWithHeaders = new (url: string, options?: HandshakeOptions, again?: HandshakeOptions) => PlatformSocket;

/** The classes that did not take headers, so that each of them is tried only once. */
const withoutHeaders = new WeakSet<object>();

/**
 * Opens a socket and authenticates it by headers or, if the class cannot send any, by a ticket in the URL.
 *
 * @throws Error if the runtime has no WebSocket, or the ticket was refused
 */
export async function openConnection(options: OpenConnectionOptions): Promise<void> {
  const { url, headers, ticket, onSocket } = options;
  const Base = options.implementation ?? (globalThis.WebSocket as SocketClass | undefined);
  if (!Base) throw new Error(NO_WEBSOCKET);
  if (Object.keys(headers).length > 0 && !withoutHeaders.has(Base)) {
    const { socket, tookHeaders } = openWithHeaders(Base, url, headers);
    if (!tookHeaders) withoutHeaders.add(Base);
    if (socket && (tookHeaders || !ticket)) return onSocket(socket);
    if (socket) abandon(socket);
  }
  if (!ticket) return onSocket(new Base(url));
  const query = `${TICKET_PARAMETER}=${encodeURIComponent(await ticket())}`;
  return onSocket(new Base(`${url}${url.includes("?") ? "&" : "?"}${query}`));
}

/** No class says whether it takes headers. One that does reads them when it is constructed; a browser's throws. */
function openWithHeaders(Base: SocketClass, url: string, headers: Readonly<Record<string, string>>) {
  let tookHeaders = false;
  const options: HandshakeOptions = {
    get headers() {
      tookHeaders = true;
      return headers;
    },
  };
  try {
    // The DOM's type has no parameter for the options that other platforms take.
    const WithHeaders = Base as unknown as SocketWithHeaders;
    return { socket: new WithHeaders(url, options, options), tookHeaders };
  } catch {
    // A browser takes the options for the name of a protocol, and a malformed one.
    return { socket: undefined, tookHeaders: false };
  }
}

/** Closes a socket that is not used. A socket of `ws` throws an error that has no listener. */
export function abandon(socket: PlatformSocket): void {
  socket.addEventListener("error", () => {});
  try {
    socket.close();
  } catch {
    // It cannot be closed before it is open on every platform.
  }
}
