// A @callable method of the Agents SDK.
import { Agent, callable, routeAgentRequest } from "agents";
import { z } from "zod";

const Input = z.object({ text: z.string() });

export class PeerDO extends Agent {
  echo(input) {
    return Input.parse(input);
  }
}
// What `@callable()` above the method does, in a file that no compiler reads.
callable()(PeerDO.prototype.echo, undefined);

export default {
  fetch: async (request, env) => (await routeAgentRequest(request, env)) ?? new Response(null, { status: 404 }),
};
