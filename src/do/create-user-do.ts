import type { AnyTRPCRouter } from "@trpc/server";
import type { AppOf } from "../router/definition.js";
import type { Events, EventsOf } from "../router/events/events-api.js";
import type { Kv } from "../router/kv/kv-api.js";
import type { UserOf } from "../router/profile.js";
import type { Database } from "../router/schema/database.js";
import type { Schedule } from "../router/schedule/schedule-api.js";
import type { Tables } from "../router/schema/table-api.js";
import type { UserFieldsPatch } from "../router/user-fields.js";
import { createApp } from "./create-app.js";
import type { UserDOOptions } from "./options.js";
import { UserDO } from "./user-do.js";

type UserTables<TRouter extends AnyTRPCRouter> = AppOf<TRouter>["tables"]["user"];

/** The Durable Object class with the types of the app's definitions. */
type AppUserDO<TRouter extends AnyTRPCRouter> = UserDO<
  Tables<UserTables<TRouter>>,
  Kv<AppOf<TRouter>["kv"]>,
  Database<UserTables<TRouter>>,
  UserFieldsPatch<AppOf<TRouter>>,
  UserOf<AppOf<TRouter>>,
  Schedule<"user", TRouter>,
  Events<EventsOf<AppOf<TRouter>, "user">>
>;

/** The Durable Object class that an app extends and exports. */
export type UserDOClass<TRouter extends AnyTRPCRouter> = new (
  state: DurableObjectState,
  env: Cloudflare.Env,
) => AppUserDO<TRouter>;

/**
 * Creates the Durable Object class of an app. Each user, organization and email address gets an object of this class, and so does the app itself.
 *
 * @example
 * export class BlogDO extends createUserDO(appRouter) {}
 *
 * @example With options, and a method that other Workers call through `getUserDO(env.BLOG_DO, { userId })`
 * export class BlogDO extends createUserDO(appRouter, { session: { idle: 86_400 } }) {
 *   countPosts(): number {
 *     return this.tables.posts.count();
 *   }
 * }
 *
 * @throws Error if the router's definition or an option is not valid
 */
export function createUserDO<TRouter extends AnyTRPCRouter>(
  router: TRouter,
  options: UserDOOptions<AppOf<TRouter>> = {},
): UserDOClass<TRouter> {
  // The hooks of the app receive users with the permissions of the app, which the type parameter hides.
  const app = createApp(router, options as unknown as UserDOOptions);
  return class extends UserDO<
    Tables<UserTables<TRouter>>,
    Kv<AppOf<TRouter>["kv"]>,
    Database<UserTables<TRouter>>,
    UserFieldsPatch<AppOf<TRouter>>,
    UserOf<AppOf<TRouter>>,
    Schedule<"user", TRouter>,
    Events<EventsOf<AppOf<TRouter>, "user">>
  > {
    constructor(state: DurableObjectState, env: Cloudflare.Env) {
      super(state, env, app);
    }
  };
}
