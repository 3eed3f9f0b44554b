import type { AnyTRPCRouter } from "@trpc/server";
import { createHandler } from "./create-handler.js";
import type { HandlerOptions } from "./options.js";

/** What a Worker's module exports by default. */
export interface UserDOWorker {
  fetch(request: Request, env: object, ctx: object): Promise<Response>;
}

/**
 * A whole Worker: `export default createWorker(appRouter, { binding: "BLOG_DO" })`. Requests outside the tRPC path
 * get a 404; to answer them otherwise, mount {@link createHandler}.
 *
 * @throws Error when the router's definition is wrong, or an option is misspelt or can never take effect
 */
export function createWorker(router: AnyTRPCRouter, options: HandlerOptions): UserDOWorker {
  const handler = createHandler(router, options);
  return {
    async fetch(request, env, ctx) {
      return (await handler(request, env, ctx)) ?? new Response("Not found", { status: 404 });
    },
  };
}
