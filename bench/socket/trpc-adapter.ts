// tRPC's own WebSocket handler, driven through an object that looks like a socket of the `ws` package. It has no
// authentication and loses its state when it hibernates: it shows the cost of the protocol alone.
import { DurableObject } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import { initTRPC } from "@trpc/server";
import { getWSConnectionHandler, type WSSHandlerOptions } from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { z } from "zod";

interface Env {
  readonly TRPC_DO: DurableObjectNamespace<TrpcDO>;
}

const t = initTRPC.create({ transformer: superjson, isDev: false });

const router = t.router({
  echo: t.procedure.input(z.object({ text: z.string() })).query(({ input }) => input),
});

type Handler = ReturnType<typeof getWSConnectionHandler<typeof router>>;
const options = { router } as WSSHandlerOptions<typeof router>;

/** The part of a `ws` socket that the handler uses. */
class Shim extends EventEmitter {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
  }
}

export class TrpcDO extends DurableObject {
  readonly #state: DurableObjectState;
  readonly #shims = new WeakMap<WebSocket, Shim>();
  readonly #handle: Handler = getWSConnectionHandler(options);

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#state = state;
  }

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#state.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, text: string): void {
    let shim = this.#shims.get(socket);
    if (!shim) {
      shim = new Shim(socket);
      this.#shims.set(socket, shim);
      const request = { url: "/", headers: {} };
      this.#handle(...([shim, request] as unknown as Parameters<Handler>));
    }
    shim.emit("message", Buffer.from(text), false);
  }
}

export default {
  fetch: (request, env): Promise<Response> => env.TRPC_DO.getByName("user:ada").fetch(request),
} satisfies ExportedHandler<Env>;
