/** The members of a WebSocket that the client uses. */
interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: object) => void): void;
  removeEventListener(type: "open" | "message" | "error" | "close", listener: (event: object) => void): void;
}

/** A WebSocket class: the platform's, that of the package `ws`, or a subclass of either. */
export type SocketClass = new (url: string, protocols?: string | string[]) => SocketLike;
