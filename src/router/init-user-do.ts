import {
  initTRPC,
  type AnyTRPCRouter,
  type TRPCDefaultErrorShape,
  type TRPCErrorFormatter,
  type TRPCRootObject,
  type TRPCRuntimeConfigOptions,
} from "@trpc/server";
import type { ErrorReason } from "../shared/error-reason.js";
import { createAccountRouter } from "./account/account-router.js";
import { createAuthRouter } from "./auth/auth-router.js";
import { createBaseProcedures } from "./base-procedures.js";
import { checkInitOptions } from "./check-init-options.js";
import { checkInputs } from "./check-inputs.js";
import type { BaseContext } from "./context.js";
import { attachDefinition, type RouterDefinition } from "./definition.js";
import { createKvRouter } from "./kv/kv-router.js";
import type { KvSchemas, NoReservedNames } from "./kv/kv-schemas.js";
import { liveProcedure } from "./live/live-procedure.js";
import { can } from "./organizations/can.js";
import { createOrganizationsRouter } from "./organizations/organizations-router.js";
import { createRolePolicy } from "./organizations/role-policy.js";
import {
  defaultRoles,
  type PermissionOf,
  type Requirement,
  type RoleDefinitions,
} from "./organizations/role-definitions.js";
import type { SettingsSchema } from "./definition.js";
import type { ProfileSchema } from "./definition.js";
import type { Migrations } from "./schema/migration.js";
import type { TableDefinitions } from "./schema/table.js";
import { anySessionData, type SessionSchema } from "./sessions/session-data.js";
import { createSessionsRouter } from "./sessions/sessions-router.js";
import { transformer } from "./transformer.js";
import { checkInheritedNames } from "./stored-fields.js";
import { checkUserFields, type WithoutRequiredFields } from "./user-fields.js";
import type { UserFieldsSchema } from "./definition.js";

export interface InitUserDOOptions<
  TUserTables extends TableDefinitions,
  TOrganizationTables extends TableDefinitions,
  TExtra extends object,
  TErrorShape extends TRPCDefaultErrorShape,
  TSession extends SessionSchema,
  TProfile extends ProfileSchema | undefined,
  TKv extends KvSchemas,
  TRoles extends RoleDefinitions,
  TSettings extends SettingsSchema | undefined,
  TFields extends UserFieldsSchema | undefined = undefined,
> {
  /**
   * The app's tables, by the kind of owner whose Durable Object holds them.
   * @default no tables
   */
  readonly tables?: { readonly user?: TUserTables; readonly organization?: TOrganizationTables };
  /**
   * Written steps for changes of the tables that do not come by themselves, by the kind of owner, oldest first. Each
   * runs once in each object, before its first call.
   * @default none
   */
  readonly migrations?: Migrations;
  /**
   * What `sessions.data` holds for each session: a zod object. It lives as long as the session does.
   * @default any object
   */
  readonly session?: TSession;
  /**
   * The app's own fields of a user that the user writes: given at sign-up, changed by `account.update`, part of every
   * `user`. They can hold any value that the schema accepts: keep a plan, a role or a limit in `fields`.
   * @default none
   */
  readonly profile?: TProfile;
  /**
   * The app's own fields of a user that only server code writes, by `setUserFields`: a plan, credits, a customer number.
   * Part of every `user`, so the user sees them. Each field is optional or has a default.
   * @default none
   */
  readonly fields?: TFields & WithoutRequiredFields<TFields>;
  /**
   * What some keys of `ctx.kv` hold, in users' objects and organizations'. Other keys are free.
   * @default no declared keys
   */
  readonly kv?: TKv & NoReservedNames;
  /**
   * The roles in organizations, the highest first, and what each may do beside what the roles below it may. "owner" is
   * built in, above them all, and may do everything that any role may. The built-in procedures ask for "member:manage"
   * and "organization:update": an owner has both, another role when they are named here.
   * @default { admin: ["member:manage", "organization:update"], member: [] }
   */
  readonly roles?: TRoles;
  /**
   * The app's own fields of an organization: given when it is created, changed by `organizations.update`.
   * @default none
   */
  readonly organizationSettings?: TSettings;
  /** Extends the context of every procedure. Runs where the procedure runs, once for each call. */
  readonly context?: (base: BaseContext) => TExtra | Promise<TExtra>;
  /**
   * tRPC's own. It never sees an unexpected error: those are masked first.
   * @default tRPC's default shape
   */
  readonly errorFormatter?: TRPCErrorFormatter<BaseContext, TErrorShape>;
}

/** The fields that are added to an error's data after the app's own formatter. */
type WithReason<TErrorShape> = TErrorShape & {
  readonly data: {
    /** Why, under a stable name; only for some errors. */
    readonly reason?: ErrorReason;
    /** In how many seconds the call can succeed; only for some errors with `TOO_MANY_REQUESTS`. */
    readonly retryAfter?: number;
    /** Finds the report of an unexpected error. */
    readonly requestId?: string;
  };
};

type Root<TContext extends object, TErrorShape extends TRPCDefaultErrorShape> = TRPCRootObject<
  TContext,
  object,
  TRPCRuntimeConfigOptions<TContext, object>,
  { ctx: TContext; meta: object; errorShape: WithReason<TErrorShape>; transformer: true }
>;

/**
 * Starts an app: says what its Durable Objects hold, and gives the builders for what can be called in them.
 *
 * @throws Error when an option is misspelt or can never take effect, the name of a role or of a declared key of `kv` is not valid,
 * or `fields` has a required field. The message names the option. `createUserDO` throws the errors of tables and migrations
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
    TFields
  > = {},
) {
  type App = {
    tables: { user: TUserTables; organization: TOrganizationTables };
    profile: TProfile;
    kv: TKv;
    roles: TRoles;
    settings: TSettings;
    fields: TFields;
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
  // Without the option no key is declared, which is what the default of TKv says.
  const kv = options.kv ?? ({} as TKv);
  const roles: RoleDefinitions = options.roles ?? defaultRoles;
  const rolePolicy = createRolePolicy(roles);
  const settings = options.organizationSettings as TSettings;
  const builtin = {
    auth: createAuthRouter<App>(profile),
    account: createAccountRouter<App>(profile),
    // The default of `session` is that of its type, which the compiler does not see.
    sessions: createSessionsRouter(session as TSession),
    kv: createKvRouter<TKv>(kv),
    _live: liveProcedure,
    organizations: createOrganizationsRouter<App>(settings, rolePolicy),
  };
  // tRPC works these types out from the options, which it cannot while the context is still generic.
  const root = initTRPC.context<object>().create({
    transformer,
    isDev: false,
    // Both ends notice a connection that died without a word: the object is not asked for it.
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
    ...(errorFormatter && { errorFormatter: errorFormatter as TRPCErrorFormatter<object, TErrorShape> }),
  }) as unknown as Root<Context, TErrorShape>;
  const definition: RouterDefinition = {
    app: {
      tables: { user: tables.user ?? {}, organization: tables.organization ?? {} },
      profile,
      fields,
      kv,
      roles,
      settings,
    },
    roles: rolePolicy,
    migrations: { user: migrations.user ?? [], organization: migrations.organization ?? [] },
    builtin,
    extendContext: context as ((base: object) => object) | undefined,
  };
  attachDefinition(root._config, definition);

  const { procedure, userProcedure, organizationProcedure } = createBaseProcedures<
    App,
    Context,
    WithReason<TErrorShape>
  >(root.procedure);

  const router: typeof root.router = (record) => {
    checkInputs(record);
    return root.router(record);
  };

  // tRPC gives what it merges a root config of its own, which knows nothing of the app yet.
  const mergeRouters = <TRouters extends AnyTRPCRouter[]>(...routers: TRouters) => {
    const merged = root.mergeRouters<TRouters>(...routers);
    attachDefinition(merged._def._config, definition);
    return merged;
  };

  return {
    /** Combines procedures and routers. @throws Error when an input declares the reserved key `organizationId` */
    router,
    /** A procedure that runs wherever the call already is, for anyone. */
    procedure,
    /** A procedure that runs in the caller's own Durable Object. UNAUTHORIZED for nobody. */
    userProcedure,
    /** A procedure that runs in the Durable Object of `input.organizationId`. FORBIDDEN for non-members. */
    organizationProcedure,
    /**
     * A middleware for organizations' procedures: `.use(t.can("project:write"))` lets only those members through whose
     * role has the permission; also `t.can({ any: […] })` and `t.can({ all: […] })`. FORBIDDEN for the others.
     */
    can: (requirement: Requirement<PermissionOf<TRoles>>) => root.middleware(can(requirement)),
    /** tRPC's own, for middlewares that are used in several places. */
    middleware: root.middleware,
    /** Makes one router of several that were made here. */
    mergeRouters,
    /** The routers that come with the framework. Spread them into the app's own router. */
    builtin,
  };
}
