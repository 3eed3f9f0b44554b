// The baseline of a wake: an object with the same tables as the app's, that reads one row when it wakes and then echoes.
import { DurableObject } from "cloudflare:workers";

interface Env {
  readonly ECHO_DO: DurableObjectNamespace<EchoDO>;
}

export class EchoDO extends DurableObject {
  readonly #state: DurableObjectState;
  #hasRead = false;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#state = state;
  }

  /** Creates the tables of a POST, or accepts a socket. */
  override async fetch(request: Request): Promise<Response> {
    if (request.method === "POST") {
      for (const statement of await request.json<string[]>()) this.#state.storage.sql.exec(statement);
      this.#state.storage.sql.exec("INSERT INTO _object (fingerprint) VALUES ('')");
      return new Response();
    }
    const { 0: client, 1: server } = new WebSocketPair();
    this.#state.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string): void {
    if (!this.#hasRead) this.#state.storage.sql.exec("SELECT * FROM _object").one();
    this.#hasRead = true;
    socket.send(message);
  }
}

export default {
  fetch: (request, env): Promise<Response> => env.ECHO_DO.getByName("user:ada").fetch(request),
} satisfies ExportedHandler<Env>;
