import type { AnyTRPCRouter } from "@trpc/server";
import type { AppOf } from "../router/definition.js";
import type { Kv } from "../router/kv/kv-api.js";
import type { Tables } from "../router/schema/table-api.js";
import { createApp } from "./app.js";
import type { UserDOOptions } from "./options.js";
import { UserDO } from "./user-do.js";

/** The class that an app extends and exports. */
export type UserDOClass<TRouter extends AnyTRPCRouter> = new (
  state: DurableObjectState,
  env: Cloudflare.Env,
) => UserDO<Tables<AppOf<TRouter>["tables"]["user"]>, Kv<AppOf<TRouter>["kv"]>>;

/**
 * Makes the Durable Object class of an app: `export class BlogDO extends createUserDO(appRouter) {}`.
 *
 * @throws Error when the router's definition is wrong
 */
export function createUserDO<TRouter extends AnyTRPCRouter>(
  router: TRouter,
  options: UserDOOptions<AppOf<TRouter>> = {},
): UserDOClass<TRouter> {
  const app = createApp(router, options);
  return class extends UserDO<Tables<AppOf<TRouter>["tables"]["user"]>, Kv<AppOf<TRouter>["kv"]>> {
    constructor(state: DurableObjectState, env: Cloudflare.Env) {
      super(state, env, app);
    }
  };
}
