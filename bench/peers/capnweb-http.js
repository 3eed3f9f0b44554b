// Cap'n Web over HTTP: each request is one batch of calls to the Durable Object.
import { DurableObject } from "cloudflare:workers";
import { newWorkersRpcResponse, RpcTarget } from "capnweb";
import { z } from "zod";
import { createPostRows } from "../http/post-rows.ts";

const Input = z.object({ id: z.string() });

class Api extends RpcTarget {
  #rows;

  constructor(rows) {
    super();
    this.#rows = rows;
  }

  list() {
    return this.#rows.list();
  }

  byId(input) {
    return this.#rows.byId(Input.parse(input).id);
  }
}

export class PeerDO extends DurableObject {
  #rows = createPostRows(this.ctx.storage.sql);

  async fetch(request) {
    if (new URL(request.url).pathname === "/seed") {
      this.#rows.seed(await request.json());
      return Response.json(null);
    }
    return newWorkersRpcResponse(request, new Api(this.#rows));
  }
}

export default { fetch: (request, env) => env.PEER_DO.getByName("ada").fetch(request) };
