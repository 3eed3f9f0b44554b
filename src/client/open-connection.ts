import { TICKET_PARAMETER } from "../shared/socket-parameters.js";
import type { SocketClass } from "./socket-class.js";

/** A connection of a platform's WebSocket class, with the members that the client uses. */
export type PlatformSocket = InstanceType<SocketClass>;

export const NO_WEBSOCKET =
  "This runtime has no WebSocket. Use Node 22 or newer, or pass the `WebSocket` of the package `ws` to the client.";

export interface ConnectionOptions {
  readonly url: string;
  /** @default the global WebSocket */
  readonly implementation: SocketClass | undefined;
  /** Sent with the handshake if the class takes headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Returns a ticket that authenticates the socket, for a class that cannot send headers. */
  readonly ticket: (() => Promise<string>) | undefined;
}

interface HandshakeOptions {
  readonly headers: Readonly<Record<string, string>>;
}

/** Node's own class and Bun's take options as the second argument, React Native's as the third, and `ws` as either. */
type SocketWithHeaders = new (url: string, options?: HandshakeOptions, again?: HandshakeOptions) => PlatformSocket;

/** Whether a class takes headers. The cache ensures that each class is tried only once. */
const takesHeaders = new WeakMap<SocketClass, boolean>();

/**
 * Prepares a socket that is authenticated by headers or, if the class cannot send any, by a ticket in the URL.
 *
 * @returns the function that opens it
 * @throws Error if the runtime has no WebSocket, or the server rejected the request for a ticket
 */
export async function prepareConnection(options: ConnectionOptions): Promise<() => PlatformSocket> {
  const { url, headers, ticket } = options;
  const Base = options.implementation ?? (globalThis.WebSocket as SocketClass | undefined);
  if (!Base) throw new Error(NO_WEBSOCKET);
  if (ticket && !(takesHeaders.get(Base) ?? tryHeaders(Base, url))) {
    const query = `${TICKET_PARAMETER}=${encodeURIComponent(await ticket())}`;
    return () => new Base(`${url}${url.includes("?") ? "&" : "?"}${query}`);
  }
  if (Object.keys(headers).length === 0) return () => new Base(url);
  return () => {
    try {
      return openWith(Base, url, { headers });
    } catch {
      // A browser takes the options for a malformed protocol name.
      return new Base(url);
    }
  };
}

/** Tries whether a class takes headers: only such a class reads the getter, and its error prevents a connection. */
function tryHeaders(Base: SocketClass, url: string): boolean {
  let isTaken = false;
  const options: HandshakeOptions = {
    get headers(): never {
      isTaken = true;
      throw new Error("The class takes headers.");
    },
  };
  try {
    // A class that ignores the options has opened a connection. `ws` throws an error event that has no listener.
    const socket = openWith(Base, url, options);
    socket.addEventListener("error", () => {});
    socket.close();
  } catch {
    // The class has read the headers or, in a browser, has rejected the options.
  }
  takesHeaders.set(Base, isTaken);
  return isTaken;
}

function openWith(Base: SocketClass, url: string, options: HandshakeOptions): PlatformSocket {
  // The DOM's type lacks the parameter for the options of other platforms.
  const WithHeaders = Base as unknown as SocketWithHeaders;
  return new WithHeaders(url, options, options);
}
