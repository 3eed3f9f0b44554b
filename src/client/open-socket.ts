import ReconnectingWebSocket from "partysocket/ws";
import type { SocketClass } from "./socket-class.js";

export { socketUrl } from "./socket-url.js";

export const NO_HEADERS =
  "This WebSocket takes no headers, so it cannot send the token: pass `WebSocket` of the package `ws`.";

export interface OpenSocketOptions {
  readonly url: string;
  readonly protocols: string | string[] | undefined;
  /** How long the connection may take to open, in milliseconds. */
  readonly timeout: number;
  /** @default the platform's own */
  readonly implementation: SocketClass | undefined;
  /** The access token to send as a header. */
  readonly access: string | undefined;
  /** Reports whether the class took the header: a browser's does not. */
  readonly onTakesHeaders: (takes: boolean) => void;
}

interface SocketOptions {
  readonly headers: Readonly<Record<string, string>>;
}

/** Node's own and Bun's take options as the second argument, React Native's as the third, and `ws` as either. */
type SocketWithHeaders = new (url: string, options?: SocketOptions, again?: SocketOptions) => WebSocket;

/**
 * Opens one connection, which gives up if it does not open in time. Its own retries are off: tRPC's client reconnects, and
 * two that do would leave sockets behind that no code listens to. A module of its own, loaded with the first socket.
 */
export function openSocket(options: OpenSocketOptions): object {
  const { url, protocols, timeout } = options;
  const socket = new ReconnectingWebSocket(url, protocols, {
    connectionTimeout: timeout,
    maxRetries: 0,
    shouldReconnectOnClose: () => false,
    ...socketClassOf(options),
  });
  const send = socket.send.bind(socket);
  // The object refuses U+FFFD itself, since it also stands for bytes that are not UTF-8. A frame is JSON: there the
  // escape means the same.
  socket.send = (data) => send(typeof data === "string" ? data.replaceAll("\uFFFD", "\\ufffd") : data);
  return socket;
}

function socketClassOf({ implementation, access, onTakesHeaders }: OpenSocketOptions) {
  if (access === undefined) return implementation && { WebSocket: implementation };
  // The DOM's type says nothing of the options that others take.
  const Base = (implementation ?? globalThis.WebSocket) as unknown as SocketWithHeaders;
  function SocketWithToken(url: string): WebSocket {
    onTakesHeaders(false);
    const options: SocketOptions = {
      // No class says what it takes. One that takes headers reads them.
      get headers() {
        onTakesHeaders(true);
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
