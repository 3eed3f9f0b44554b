// The baseline: sends and receives as many bytes as the app, row by row, and stores none of them.
import { DurableObject } from "cloudflare:workers";

interface Env {
  readonly BARE_DO: DurableObjectNamespace<BareDO>;
}

/** The number of bytes that it sends before the client has to reply. */
const WINDOW = 262_144;

export class BareDO extends DurableObject {
  readonly #state: DurableObjectState;
  readonly #left = new Map<WebSocket, { from: number; count: number; bytes: number }>();

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#state = state;
    state.storage.sql.exec("CREATE TABLE IF NOT EXISTS notes (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT");
  }

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#state.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string): void {
    if (message === "PONG") return this.#send(socket);
    const [what, count = 0, bytes = 0] = message
      .slice(0, 40)
      .split(" ")
      .map((part, n) => (n === 0 ? part : Number(part)));
    if (what === "write") this.#write(Number(count), Number(bytes));
    else if (what !== "read") return socket.send(String(message.length));
    else {
      this.#left.set(socket, { from: 0, count: Number(count), bytes: Number(bytes) });
      return this.#send(socket);
    }
    socket.send("done");
  }

  #write(count: number, bytes: number): void {
    for (let n = 0; n < count; n++) {
      this.#state.storage.sql.exec("INSERT OR REPLACE INTO notes VALUES (?, ?)", n, String(n).padEnd(bytes, "x"));
    }
  }

  #send(socket: WebSocket): void {
    const left = this.#left.get(socket);
    for (let sent = 0; left && left.from < left.count; left.from++) {
      if (sent >= WINDOW) return socket.send("PING");
      const { text } = this.#state.storage.sql.exec("SELECT text FROM notes WHERE n = ?", left.from).one();
      socket.send(JSON.stringify({ id: 1, result: { type: "data", data: { n: left.from, text } } }));
      sent += String(text).length;
    }
    if (left?.from === left?.count) socket.send("done");
  }
}

export default {
  fetch: (request, env): Promise<Response> => env.BARE_DO.getByName("bare").fetch(request),
} satisfies ExportedHandler<Env>;
