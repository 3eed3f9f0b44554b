// An alternative way to run tRPC in a Durable Object: the Worker forwards the request to tRPC's fetch adapter inside.
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import superjson from "superjson";
import { z } from "zod";
import type { PostRows } from "./post-rows.js";
import { PostRowsObject } from "./post-rows-object.js";

interface Env {
  readonly TRPC_DO: DurableObjectNamespace<TrpcDO>;
}

const t = initTRPC.context<{ readonly rows: PostRows }>().create({ transformer: superjson, isDev: false });

const router = t.router({
  posts: t.router({
    list: t.procedure.query(({ ctx }) => ctx.rows.list()),
    byId: t.procedure.input(z.object({ id: z.string() })).query(({ ctx, input }) => ctx.rows.byId(input.id)),
  }),
});

export class TrpcDO extends PostRowsObject {
  protected override respond(request: Request): Promise<Response> {
    return fetchRequestHandler({
      endpoint: "/trpc",
      req: request,
      router,
      createContext: () => ({ rows: this.rows }),
    });
  }
}

export default {
  fetch: (request, env): Promise<Response> => env.TRPC_DO.getByName("user:ada").fetch(request),
} satisfies ExportedHandler<Env>;
