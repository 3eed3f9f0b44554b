/** What a client asks of a socket. */
interface ClientSocket {
  binaryType: string;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: object) => void): void;
  removeEventListener(type: "open" | "message" | "error" | "close", listener: (event: object) => void): void;
}

/** A class of sockets: the platform's WebSocket, that of `ws`, or one that extends either. */
export type SocketClass = new (url: string, protocols?: string | string[]) => ClientSocket;
