import type { AnyTRPCRouter } from "@trpc/server";
import { createHandler } from "./create-handler.js";
import type { HandlerOptions } from "./options.js";

/** The default export of a Worker's module. */
export interface UserDOWorker {
  fetch(request: Request, env: object, ctx: object): Promise<Response>;
}

/**
 * Creates a complete Worker. It responds with 404 to requests outside the tRPC path; to handle those yourself, use
 * {@link createHandler}.
 *
 * @example
 * ```ts
 * export class BlogDO extends createUserDO(appRouter) {}
 * export default createWorker(appRouter);
 * ```
 * @throws Error if the router's definition is wrong, or an option is misspelt or never takes effect
 */
export function createWorker(router: AnyTRPCRouter, options: HandlerOptions = {}): UserDOWorker {
  const handler = createHandler(router, options);
  return {
    async fetch(request, env, ctx) {
      return (await handler(request, env, ctx)) ?? new Response("Not found", { status: 404 });
    },
  };
}
