// The baseline: a Worker that calls a Durable Object over Workers RPC, without authentication.
import { DurableObject } from "cloudflare:workers";
import { createPostRows, type Post, type PostRows } from "./post-rows.js";

interface Env {
  readonly BARE_DO: DurableObjectNamespace<BareDO>;
}

export class BareDO extends DurableObject {
  readonly #posts: PostRows;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#posts = createPostRows(state.storage.sql);
  }

  seed(posts: Parameters<PostRows["seed"]>[0]): void {
    this.#posts.seed(posts);
  }

  list(): Post[] {
    return this.#posts.list();
  }

  byId(id: string): Post | undefined {
    return this.#posts.byId(id);
  }

  /** Runs them one by one, like ten calls. */
  byIds(ids: readonly string[]): (Post | undefined)[] {
    return ids.map((id) => this.#posts.byId(id));
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    const [, action = "", id = ""] = new URL(request.url).pathname.split("/");
    const stub = env.BARE_DO.getByName("user:ada");
    switch (action) {
      case "list":
        return Response.json(await stub.list());
      case "byId":
        return Response.json(await stub.byId(id));
      case "byIds":
        return Response.json(await stub.byIds(id.split(",")));
      case "seed":
        await stub.seed(await request.json());
        return Response.json(null);
      default:
        return new Response(null, { status: 404 });
    }
  },
} satisfies ExportedHandler<Env>;
