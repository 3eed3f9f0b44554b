// oRPC over HTTP: its fetch handler in the Durable Object, with the plugin that its documentation names for batches.
import { DurableObject } from "cloudflare:workers";
import { os } from "@orpc/server";
import { RPCHandler } from "@orpc/server/fetch";
import { BatchHandlerPlugin } from "@orpc/server/plugins";
import { z } from "zod";
import { createPostRows } from "../http/post-rows.ts";

const router = {
  list: os.handler(({ context }) => context.rows.list()),
  byId: os.input(z.object({ id: z.string() })).handler(({ context, input }) => context.rows.byId(input.id)),
};
const handler = new RPCHandler(router, { plugins: [new BatchHandlerPlugin()] });

export class PeerDO extends DurableObject {
  #rows = createPostRows(this.ctx.storage.sql);

  async fetch(request) {
    if (new URL(request.url).pathname === "/seed") {
      this.#rows.seed(await request.json());
      return Response.json(null);
    }
    const { response } = await handler.handle(request, { prefix: "/rpc", context: { rows: this.#rows } });
    return response ?? new Response(null, { status: 404 });
  }
}

export default { fetch: (request, env) => env.PEER_DO.getByName("ada").fetch(request) };
