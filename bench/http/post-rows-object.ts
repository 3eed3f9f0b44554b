import { DurableObject } from "cloudflare:workers";
import { createPostRows, type PostRows } from "./post-rows.js";

/** A Durable Object with posts, which another library serves over HTTP. */
export abstract class PostRowsObject extends DurableObject {
  protected readonly rows: PostRows = createPostRows(this.ctx.storage.sql);

  protected abstract respond(request: Request): Promise<Response>;

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== "/seed") return this.respond(request);
    this.rows.seed(await request.json());
    return Response.json(null);
  }
}
