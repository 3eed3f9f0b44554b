// The minimum that tRPC over a hibernating socket costs: read the message, run the procedure, write the reply. It lacks
// what a framework provides: authentication, sessions, subscriptions, order, windows and errors.
import { DurableObject } from "cloudflare:workers";
import { callTRPCProcedure, initTRPC } from "@trpc/server";
import { parseTRPCMessage } from "@trpc/server/rpc";
import superjson from "superjson";
import { z } from "zod";

interface Env {
  readonly TRPC_DO: DurableObjectNamespace<TrpcDO>;
}

const t = initTRPC.create({ transformer: superjson, isDev: false });

const router = t.router({
  echo: t.procedure.input(z.object({ text: z.string() })).query(({ input }) => input),
});

export class TrpcDO extends DurableObject {
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

  override async webSocketMessage(socket: WebSocket, text: string): Promise<void> {
    const message = parseTRPCMessage(JSON.parse(text), router._def._config.transformer);
    if (message.method !== "query") throw new Error("Only queries are answered here.");
    const { id, method, params } = message;
    const data: unknown = await callTRPCProcedure({
      router,
      path: params.path,
      type: method,
      getRawInput: () => Promise.resolve(params.input),
      ctx: {},
      signal: undefined,
      batchIndex: 0,
    });
    socket.send(JSON.stringify({ id, result: { type: "data", data: superjson.serialize(data) } }));
  }
}

export default {
  fetch: (request, env): Promise<Response> => env.TRPC_DO.getByName("user:ada").fetch(request),
} satisfies ExportedHandler<Env>;
