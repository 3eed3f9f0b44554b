// Cap'n Web over a socket to a Durable Object. It keeps its tables in memory, so it cannot sleep.
import { DurableObject } from "cloudflare:workers";
import { newWorkersWebSocketRpcResponse, RpcTarget } from "capnweb";
import { z } from "zod";

const Input = z.object({ text: z.string() });

class Api extends RpcTarget {
  echo(input) {
    return Input.parse(input);
  }
}

export class PeerDO extends DurableObject {
  fetch(request) {
    return newWorkersWebSocketRpcResponse(request, new Api());
  }
}

export default { fetch: (request, env) => env.PEER_DO.getByName("ada").fetch(request) };
