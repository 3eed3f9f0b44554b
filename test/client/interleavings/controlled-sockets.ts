import type { SocketClass } from "trpc-userdo/client";
import type { TokenServer } from "./token-server.js";

/** A socket of a client, as the server sees it. It stays unchanged until the test acts on it. */
export interface ControlledSocket {
  /** Opens it, or rejects it if its token is not valid. */
  open(): void;
  /** Sends an event to each of its subscriptions. The event is in transit until `deliver`. */
  emit(): void;
  /** Delivers the oldest frame in transit to the client. A socket that the client is closing still receives it. */
  deliver(): void;
  /** Loses the connection, with the frames in transit. */
  lose(): void;
  isClosed(): boolean;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
}

const SESSION_ENDED = 4401;

/** The server's sockets, with tRPC's protocol. A socket belongs to the user who opened it. */
export function createControlledSockets(server: TokenServer) {
  const opened: ControlledSocket[] = [];
  let events = 0;

  class Socket extends EventTarget {
    binaryType = "blob";
    readyState = 0;
    readonly #token: string | undefined;
    readonly #frames: unknown[] = [];
    readonly #subscriptions = new Set<number>();
    #session: ReturnType<TokenServer["userOfSocket"]>;

    constructor(_url: string, options?: { readonly headers?: { readonly authorization?: string } }) {
      super();
      this.#token = options?.headers?.authorization?.replace("Bearer ", "");
      opened.push({
        open: () => this.#open(),
        emit: () => this.#emit(),
        deliver: () => this.#deliver(),
        lose: () => this.#end(1006),
        isClosed: () => this.readyState === 3,
      });
    }

    send(data: string): void {
      if (this.readyState !== 1) return;
      if (data === "PING") return void this.#frames.push("PONG");
      const messages = JSON.parse(data) as Message | readonly Message[];
      for (const { id = 0, method } of [messages].flat() as Message[]) {
        if (method === "subscription.stop") this.#subscriptions.delete(id);
        if (method !== "subscription") continue;
        this.#subscriptions.add(id);
        this.#frames.push({ id, result: { type: "started" } });
      }
    }

    close(): void {
      if (this.readyState < 2) this.readyState = 2;
    }

    #open(): void {
      if (this.readyState === 2) return this.#end(1000);
      if (this.readyState !== 0) return;
      this.#session = server.userOfSocket(this.#token);
      if (!this.#session) return this.#end(1006);
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
    }

    #emit(): void {
      const { user, isEnded } = this.#session ?? {};
      if (!user) return;
      if (isEnded?.()) return this.#end(SESSION_ENDED);
      const position = `${++events}.0123456789abcdef`;
      const data = { json: { id: position, data: user } };
      for (const id of this.#subscriptions) this.#frames.push({ id, result: { type: "data", id: position, data } });
    }

    #deliver(): void {
      const frame = this.#frames.shift();
      if (frame === undefined) return this.readyState === 2 ? this.#end(1000) : undefined;
      const data = typeof frame === "string" ? frame : JSON.stringify(frame);
      if (this.readyState < 3) this.dispatchEvent(new MessageEvent("message", { data }));
    }

    #end(code: number): void {
      if (this.readyState === 3) return;
      this.readyState = 3;
      if (code === 1006) this.dispatchEvent(new Event("error"));
      this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "", wasClean: code !== 1006 }));
    }
  }

  return { WebSocket: Socket as unknown as SocketClass, opened };
}
