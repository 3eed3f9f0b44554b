// Cap'n Web over HTTP: each request is one batch of calls to the Durable Object.
import { newWorkersRpcResponse, RpcTarget } from "capnweb";
import { z } from "zod";
import { PostRowsObject } from "../http/post-rows-object.ts";

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

export class PeerDO extends PostRowsObject {
  respond(request) {
    return newWorkersRpcResponse(request, new Api(this.rows));
  }
}

export default { fetch: (request, env) => env.PEER_DO.getByName("ada").fetch(request) };
