// oRPC over a hibernating socket, as its documentation shows it.
import { DurableObject } from "cloudflare:workers";
import { os } from "@orpc/server";
import { RPCHandler } from "@orpc/server/websocket";
import { z } from "zod";

const router = { echo: os.input(z.object({ text: z.string() })).handler(({ input }) => input) };
const handler = new RPCHandler(router);

export class PeerDO extends DurableObject {
  fetch() {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  async webSocketMessage(socket, message) {
    await handler.message(socket, message, { context: {} });
  }
}

export default { fetch: (request, env) => env.PEER_DO.getByName("ada").fetch(request) };
