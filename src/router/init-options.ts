import type { TRPCDefaultErrorShape, TRPCErrorFormatter } from "@trpc/server";
import type { Jurisdiction } from "../shared/jurisdiction.js";
import type { AppRoleDefinitions } from "./app-roles/app-role-definitions.js";
import type { BaseContext } from "./context.js";
import type { ProfileSchema, SettingsSchema, UserFieldsSchema } from "./definition.js";
import type { NoOtherOwners, OwnerEvents } from "./events/event-definitions.js";
import type { KvSchemas, NoReservedNames } from "./kv/kv-schemas.js";
import type { RoleDefinitions } from "./organizations/role-definitions.js";
import type { OwnerPresence } from "./presence/presence-definitions.js";
import type { Migrations } from "./schema/migration.js";
import type { TableDefinitions } from "./schema/table.js";
import type { SessionSchema } from "./sessions/session-data.js";
import type { WithoutRequiredFields } from "./user-fields.js";

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
  TAppTables extends TableDefinitions = Record<never, never>,
  TAppRoles extends AppRoleDefinitions = AppRoleDefinitions,
  TEvents extends OwnerEvents = Record<never, never>,
  TPresence extends OwnerPresence = Record<never, never>,
> {
  /**
   * The app's tables, by the kind of owner that stores them. `app` has the tables of the whole app.
   * @default no tables
   */
  readonly tables?: {
    readonly user?: TUserTables;
    readonly organization?: TOrganizationTables;
    readonly app?: TAppTables;
  };
  /**
   * Migrations for changes of the tables that are not applied automatically, by the kind of owner, the oldest first. Each runs
   * once in each object, before its first call.
   * @default none
   */
  readonly migrations?: Migrations;
  /**
   * The schema of `sessions.data`, which each session has until it ends: a zod object.
   * @default any object
   */
  readonly session?: TSession;
  /**
   * The app's own fields of a user that the user writes, at sign-up and with `account.update`. Part of every `user`. Users can
   * set any value that the schema accepts, so declare a plan, a role or a limit in `fields`.
   * @default none
   */
  readonly profile?: TProfile;
  /**
   * The app's own fields of a user that only server code writes, with `setUserFields`: a plan, credits, a customer number. Part
   * of every `user`, so the user can read them. Each field must be optional or have a default.
   * @default none
   */
  readonly fields?: TFields & WithoutRequiredFields<TFields>;
  /**
   * The schemas of some keys of `ctx.kv`, in the objects of users, of organizations and of the app. Other keys can have any value.
   * @default no declared keys
   */
  readonly kv?: TKv & NoReservedNames;
  /**
   * The roles in organizations, the highest first, and the permissions that each adds to those of the roles below it. "owner" is
   * built in, is above all roles, and has every permission. The built-in procedures require "member:manage" and
   * "organization:update", which other roles have only if they are declared here.
   * @default { admin: ["member:manage", "organization:update"], member: [] }
   */
  readonly roles?: TRoles;
  /**
   * The roles in the whole app, and the permissions of each. "superadmin" is built in and has every permission, also those that the
   * built-in procedures of `admin` require. "member" is built in too, and every user has it. `admin.roles.create` creates further
   * roles at run time, from the permissions that are declared here.
   * @default { superadmin: [], member: [] }
   */
  readonly appRoles?: TAppRoles;
  /**
   * The events that the app emits to listeners, by the kind of owner, with the schemas of their data. `transient(schema)` declares
   * an event that is not stored.
   * @default no events
   */
  readonly events?: TEvents & NoOtherOwners<TEvents>;
  /**
   * Shows who is connected, for the kinds of owners that have a schema here: that of a connection's state, such as the page that a
   * person looks at.
   * @default no presence
   */
  readonly presence?: TPresence & NoOtherOwners<TPresence>;
  /**
   * The app's own fields of an organization, set by `organizations.create` and changed by `organizations.update`.
   * @default none
   */
  readonly organizationSettings?: TSettings;
  /**
   * The jurisdiction of the Durable Objects that all users share: the index of email addresses, the data of the app and the
   * directory. Choose it before the first user. With another value the app would not find its users by their addresses.
   * @default not restricted
   */
  readonly appJurisdiction?: Jurisdiction | undefined;
  /**
   * Adds properties to the context of every procedure. Runs once for each call, where the procedure runs.
   * @default adds nothing
   */
  readonly context?: (base: BaseContext) => TExtra | Promise<TExtra>;
  /**
   * tRPC's error formatter. Unexpected errors are masked before it receives them.
   * @see https://trpc.io/docs/server/error-formatting
   * @default tRPC's default shape
   */
  readonly errorFormatter?: TRPCErrorFormatter<BaseContext, TErrorShape>;
}
