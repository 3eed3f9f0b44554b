import { initTRPC, type AnyTRPCRouter, type TRPCDefaultErrorShape, type TRPCErrorFormatter } from "@trpc/server";
import type { ErrorReason } from "../shared/error-reason.js";
import type { Owner } from "../shared/owner.js";
import { appCan } from "./app-roles/app-can.js";
import type { AppPermissionOf, AppRoleDefinitions } from "./app-roles/app-role-definitions.js";
import { createAppRolePolicy } from "./app-roles/app-role-policy.js";
import { createBaseProcedures, type Root } from "./base-procedures.js";
import { createBuiltinRouters } from "./builtin-routers.js";
import { checkInitOptions } from "./check-init-options.js";
import { checkInputs } from "./check-inputs.js";
import type { BaseContext } from "./context.js";
import {
  attachDefinition,
  type ProfileSchema,
  type RouterDefinition,
  type SettingsSchema,
  type UserFieldsSchema,
} from "./definition.js";
import { checkEvents, type OwnerEvents } from "./events/event-definitions.js";
import type { KvSchemas } from "./kv/kv-schemas.js";
import { can } from "./organizations/can.js";
import { createRolePolicy } from "./organizations/role-policy.js";
import { defaultRoles, type PermissionOf, type RoleDefinitions } from "./organizations/role-definitions.js";
import type { InitUserDOOptions } from "./init-options.js";
import { checkPresence, type OwnerPresence } from "./presence/presence-definitions.js";
import { repeatable } from "./repeatable.js";
import type { Requirement } from "./requirement.js";
import type { TableDefinitions } from "./schema/table.js";
import { anySessionData, type SessionSchema } from "./sessions/session-data.js";
import { withRunner } from "./runner/runnable.js";
import { transformer } from "./transformer.js";
import { checkInheritedNames } from "./stored-fields.js";
import { checkUserFields } from "./user-fields.js";

/** The fields that are added to an error's data after the app's own formatter. */
type WithReason<TErrorShape> = TErrorShape & {
  readonly data: {
    /** The stable name of the error. The errors of the framework have one. */
    readonly reason?: ErrorReason;
    /** Seconds after which the call can succeed. Some errors with the code `TOO_MANY_REQUESTS` have it. */
    readonly retryAfter?: number;
    /** Where a procedure runs that was sent to another object. Errors with the reason `WRONG_OBJECT` can have it. */
    readonly owner?: Owner["type"];
    /** The id of an unexpected error in the log. */
    readonly requestId?: string;
  };
};

/**
 * Defines an app: the data that its Durable Objects store. Returns the builders for its procedures and routers.
 *
 * @throws Error that names the option, if an option does not exist or is not valid, the name of a role or of a declared key of
 * `kv` is not valid, or `fields` has a required field. `createUserDO` throws the errors of tables and migrations
 * @example
 * ```ts
 * const Post = z.object({ title: z.string().min(1), body: z.string(), done: z.boolean().default(false) });
 *
 * const t = initUserDO({ tables: { user: { posts: table(Post, { indexes: ["done"] }) } } });
 *
 * export const appRouter = t.router({
 *   ...t.builtin,
 *   posts: t.router({
 *     list: t.userProcedure.query(({ ctx }) => ctx.tables.posts.orderBy("createdAt", "desc").limit(50).all()),
 *     create: t.userProcedure.input(Post).mutation(({ ctx, input }) => ctx.tables.posts.create(input)),
 *     changes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.posts.changes({ signal })),
 *   }),
 * });
 * export type AppRouter = typeof appRouter;
 * ```
 */
export function initUserDO<
  TUserTables extends TableDefinitions = Record<never, never>,
  TOrganizationTables extends TableDefinitions = Record<never, never>,
  TExtra extends object = object,
  TErrorShape extends TRPCDefaultErrorShape = TRPCDefaultErrorShape,
  TSession extends SessionSchema = typeof anySessionData,
  TProfile extends ProfileSchema | undefined = undefined,
  TKv extends KvSchemas = Record<never, never>,
  const TRoles extends RoleDefinitions = typeof defaultRoles,
  TSettings extends SettingsSchema | undefined = undefined,
  TFields extends UserFieldsSchema | undefined = undefined,
  TAppTables extends TableDefinitions = Record<never, never>,
  const TAppRoles extends AppRoleDefinitions = Record<never, never>,
  TEvents extends OwnerEvents = Record<never, never>,
  TPresence extends OwnerPresence = Record<never, never>,
>(
  options: InitUserDOOptions<
    TUserTables,
    TOrganizationTables,
    TExtra,
    TErrorShape,
    TSession,
    TProfile,
    TKv,
    TRoles,
    TSettings,
    TFields,
    TAppTables,
    TAppRoles,
    TEvents,
    TPresence
  > = {},
) {
  type App = {
    tables: { user: TUserTables; organization: TOrganizationTables; app: TAppTables };
    profile: TProfile;
    kv: TKv;
    roles: TRoles;
    settings: TSettings;
    fields: TFields;
    appRoles: TAppRoles;
    events: TEvents;
    presence: TPresence;
  };
  type Context = BaseContext<App> & TExtra;

  checkInitOptions(options);
  const { tables = {}, migrations = {}, session = anySessionData, context, errorFormatter } = options;
  const profile = options.profile as TProfile;
  const fields = options.fields;
  for (const option of ["profile", "fields", "organizationSettings", "session"] as const) {
    checkInheritedNames(option, options[option]);
  }
  checkUserFields(fields);
  checkEvents(options.events);
  checkPresence(options.presence);
  // The default of TKv has no keys.
  const kv = options.kv ?? ({} as TKv);
  const roles: RoleDefinitions = options.roles ?? defaultRoles;
  const rolePolicy = createRolePolicy(roles);
  const appRoles = options.appRoles ?? ({} as TAppRoles);
  const appRolePolicy = createAppRolePolicy(appRoles);
  const settings = options.organizationSettings as TSettings;
  const builtin = createBuiltinRouters<App, TSession>({
    profile,
    // The default value matches the default of TSession, which the compiler cannot see.
    session: session as TSession,
    kv,
    settings,
    roles: rolePolicy,
    appRoles: appRolePolicy,
  });
  // tRPC cannot infer these types while the context is generic.
  const root = initTRPC.context<object>().create({
    transformer,
    isDev: false,
    // The Worker and the client detect a dead connection. The Durable Object is not called for it.
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
    ...(errorFormatter && { errorFormatter: errorFormatter as TRPCErrorFormatter<object, TErrorShape> }),
  }) as unknown as Root<Context, WithReason<TErrorShape>>;
  const definition: RouterDefinition = {
    app: {
      tables: { user: tables.user ?? {}, organization: tables.organization ?? {}, app: tables.app ?? {} },
      profile,
      fields,
      kv,
      roles,
      settings,
      appRoles,
      events: options.events,
      presence: options.presence,
    },
    roles: rolePolicy,
    appRoles: appRolePolicy,
    migrations: {
      user: migrations.user ?? [],
      organization: migrations.organization ?? [],
      app: migrations.app ?? [],
    },
    builtin,
    appJurisdiction: options.appJurisdiction,
    extendContext: context as ((base: object) => object) | undefined,
  };
  attachDefinition(root._config, definition);

  const { procedure, userProcedure, organizationProcedure, appProcedure } = createBaseProcedures<
    App,
    Context,
    WithReason<TErrorShape>
  >(root.procedure);

  const router: typeof root.router = (record) => {
    checkInputs(record);
    return withRunner(root.router(record));
  };

  // tRPC creates a new root config for merged routers, which needs the definition.
  const mergeRouters = <TRouters extends AnyTRPCRouter[]>(...routers: TRouters) => {
    const merged = withRunner(root.mergeRouters<TRouters>(...routers));
    attachDefinition(merged._def._config, definition);
    return merged;
  };

  return {
    /**
     * Creates a router of procedures and routers.
     *
     * @throws Error if the name of a procedure is not allowed, an input declares the reserved key `organizationId`, or the input
     * of an `organizationProcedure` does not accept an object
     */
    router,
    /**
     * A procedure for anyone, signed in or not. It runs where the call arrives: in the Worker over HTTP, in the Durable Object on
     * a socket.
     *
     * @example
     * ```ts
     * version: t.procedure.query(() => "1.0.0"),
     * ```
     */
    procedure,
    /**
     * A procedure that runs in the caller's own Durable Object. Without a session, calls fail with UNAUTHORIZED (NOT_SIGNED_IN).
     *
     * @example
     * ```ts
     * create: t.userProcedure.input(Post).mutation(({ ctx, input }) => ctx.tables.posts.create(input)),
     * ```
     */
    userProcedure,
    /**
     * A procedure that runs in the Durable Object of an organization. Clients add `organizationId` to its input; the resolver does
     * not receive it. Calls fail with FORBIDDEN unless the caller is a member, with BAD_REQUEST (ORGANIZATION_ID_MISSING,
     * ORGANIZATION_ID_INVALID) without a valid id, and with UNAUTHORIZED (NOT_SIGNED_IN) without a session.
     *
     * @example
     * ```ts
     * create: t.organizationProcedure
     *   .use(t.can("project:write"))
     *   .input(Project)
     *   .mutation(({ ctx, input }) => ctx.tables.projects.create(input)),
     * ```
     */
    organizationProcedure,
    /**
     * A procedure that runs in `app:main`, the Durable Object with the data of the whole app. Any signed-in user can call it, so
     * guard what only some users may do. Calls fail with UNAUTHORIZED (NOT_SIGNED_IN) without a session.
     *
     * @example
     * ```ts
     * announcements: t.appProcedure.query(({ ctx }) => ctx.tables.announcements.orderBy("createdAt", "desc").limit(20).all()),
     * ```
     */
    appProcedure,
    /**
     * Creates a middleware for an `organizationProcedure` that requires permissions of the member's role: one permission,
     * `{ any: […] }` or `{ all: […] }`. Calls of other members fail with FORBIDDEN.
     *
     * @throws Error if the list of permissions is empty
     * @example
     * ```ts
     * t.organizationProcedure.use(t.can({ any: ["project:write", "project:review"] }));
     * ```
     */
    can: (requirement: Requirement<PermissionOf<TRoles>>) => root.middleware(can(requirement)),
    /**
     * Creates a middleware that requires permissions of the caller's roles in the whole app: one permission, `{ any: […] }` or
     * `{ all: […] }`. For procedures of users, organizations and the app. Calls of other users fail with FORBIDDEN
     * (MISSING_PERMISSION), and are recorded in the audit log of the app.
     *
     * @throws Error if the list of permissions is empty, or no role declares a permission
     * @example
     * ```ts
     * announce: t.appProcedure.use(t.appCan("announcement:write")).input(Announcement).mutation(…),
     * ```
     */
    appCan: (requirement: Requirement<AppPermissionOf<TAppRoles>>) =>
      root.middleware(appCan(appRolePolicy, requirement)),
    /**
     * A middleware that marks a mutation: its `async` resolver may run again after a crash, until it has called `ctx.commit`. Use it if
     * all that the resolver does before is safe to repeat: reads, calls through `createCaller` with `ctx.idempotencyKey`, and
     * requests to services that accept the key. A repeat of other `async` mutations fails with CONFLICT (OUTCOME_UNKNOWN) after a
     * crash.
     *
     * @example
     * ```ts
     * send: t.userProcedure.use(t.repeatable).input(Message).mutation(async ({ ctx, input }) => {
     *   const caller = createCaller<AppRouter>(ctx.env.BLOG_DO, { idempotencyKey: ctx.idempotencyKey });
     *   await caller.asUser({ userId: input.to }).inbox.add({ text: input.text });
     *   return ctx.commit(() => ctx.tables.sent.create(input));
     * }),
     * ```
     */
    repeatable: root.middleware(repeatable),
    /** tRPC's `middleware`, for a middleware that several procedures use. @see https://trpc.io/docs/server/middlewares */
    middleware: root.middleware,
    /** Merges routers of this `t` into one. @see https://trpc.io/docs/server/merging-routers */
    mergeRouters,
    /**
     * The built-in routers: `auth`, `account`, `sessions`, `kv`, `events`, `presence`, `organizations`, `admin`, `schedule`, and `_emit` and
     * `_live`.
     *
     * @example
     * ```ts
     * const appRouter = t.router({ ...t.builtin, posts: postsRouter });
     * ```
     */
    builtin,
  };
}
