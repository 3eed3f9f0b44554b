import type { AnyTRPCRouter } from "@trpc/server";
import type { AppOf } from "../router/definition.js";
import type { Kv } from "../router/kv/kv-api.js";
import type { UserOf } from "../router/profile.js";
import type { Database } from "../router/schema/database.js";
import type { Tables } from "../router/schema/table-api.js";
import type { UserFieldsPatch } from "../router/user-fields.js";
import { createApp } from "./create-app.js";
import type { UserDOOptions } from "./options.js";
import { UserDO } from "./user-do.js";

type UserTables<TRouter extends AnyTRPCRouter> = AppOf<TRouter>["tables"]["user"];

/** The Durable Object of an app's users, typed by its definitions. */
type AppUserDO<TRouter extends AnyTRPCRouter> = UserDO<
  Tables<UserTables<TRouter>>,
  Kv<AppOf<TRouter>["kv"]>,
  Database<UserTables<TRouter>>,
  UserFieldsPatch<AppOf<TRouter>>,
  UserOf<AppOf<TRouter>>
>;

/** The class that an app extends and exports. */
export type UserDOClass<TRouter extends AnyTRPCRouter> = new (
  state: DurableObjectState,
  env: Cloudflare.Env,
) => AppUserDO<TRouter>;

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
  return class extends UserDO<
    Tables<UserTables<TRouter>>,
    Kv<AppOf<TRouter>["kv"]>,
    Database<UserTables<TRouter>>,
    UserFieldsPatch<AppOf<TRouter>>,
    UserOf<AppOf<TRouter>>
  > {
    constructor(state: DurableObjectState, env: Cloudflare.Env) {
      super(state, env, app);
    }
  };
}
