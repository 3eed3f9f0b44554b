// oRPC over HTTP: its fetch handler in the Durable Object, with the plugin that its documentation names for batches.
import { os } from "@orpc/server";
import { RPCHandler } from "@orpc/server/fetch";
import { BatchHandlerPlugin } from "@orpc/server/plugins";
import { z } from "zod";
import { PostRowsObject } from "../http/post-rows-object.ts";

const router = {
  list: os.handler(({ context }) => context.rows.list()),
  byId: os.input(z.object({ id: z.string() })).handler(({ context, input }) => context.rows.byId(input.id)),
};
const handler = new RPCHandler(router, { plugins: [new BatchHandlerPlugin()] });

export class PeerDO extends PostRowsObject {
  async respond(request) {
    const { response } = await handler.handle(request, { prefix: "/rpc", context: { rows: this.rows } });
    return response ?? new Response(null, { status: 404 });
  }
}

export default { fetch: (request, env) => env.PEER_DO.getByName("ada").fetch(request) };
