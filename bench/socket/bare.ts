// The baseline: a Durable Object with hibernating sockets, without authentication and without subscriptions.
import { DurableObject } from "cloudflare:workers";

interface Env {
  readonly ECHO_DO: DurableObjectNamespace<EchoDO>;
}

export class EchoDO extends DurableObject {
  readonly #state: DurableObjectState;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#state = state;
  }

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#state.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string): void {
    if (message.startsWith("post ")) this.#post(message.slice(5));
    else socket.send(message);
  }

  /** Sends one event to all sockets: inserts a row, and loops. */
  #post(title: string): void {
    const { sql } = this.#state.storage;
    sql.exec(
      "CREATE TABLE IF NOT EXISTS posts (id TEXT PRIMARY KEY, title TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT",
    );
    const post = { id: crypto.randomUUID(), title, createdAt: new Date() };
    sql.exec("INSERT INTO posts VALUES (?, ?, ?)", post.id, title, post.createdAt.getTime());
    const text = JSON.stringify({ id: 1, result: { type: "data", data: post } });
    for (const socket of this.#state.getWebSockets()) socket.send(text);
  }
}

export default {
  fetch: (request, env): Promise<Response> => env.ECHO_DO.getByName("user:ada").fetch(request),
} satisfies ExportedHandler<Env>;
