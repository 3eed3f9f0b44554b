import type { AnyTRPCRouter } from "@trpc/server";
import type { z } from "zod";
import type { Jurisdiction } from "../shared/jurisdiction.js";
import type { AppRoleDefinitions } from "./app-roles/app-role-definitions.js";
import type { AppRolePolicy } from "./app-roles/app-role-policy.js";
import type { OwnerEvents } from "./events/event-definitions.js";
import type { KvSchemas } from "./kv/kv-schemas.js";
import type { OwnerPresence } from "./presence/presence-definitions.js";
import type { RolePolicy } from "./organizations/role-policy.js";
import type { RoleDefinitions } from "./organizations/role-definitions.js";
import type { Migration } from "./schema/migration.js";
import type { TableDefinitions } from "./schema/table.js";

/** The app's own fields of a user: names, a picture, a language. */
export type ProfileSchema = z.ZodObject;

/** The fields of a user that only server code writes: a plan, credits, a customer number. */
export type UserFieldsSchema = z.ZodObject;

/** The app's own fields of an organization: its plan, its time zone, its logo. */
export type SettingsSchema = z.ZodObject;

/** The options of `initUserDO` with their defaults. */
export interface AppDefinition {
  readonly tables: {
    readonly user: TableDefinitions;
    readonly organization: TableDefinitions;
    readonly app: TableDefinitions;
  };
  /** The app's own fields of a user. */
  readonly profile: ProfileSchema | undefined;
  /** The fields of a user that only server code writes. */
  readonly fields?: UserFieldsSchema | undefined;
  /** The declared keys. */
  readonly kv: KvSchemas;
  /** The roles in organizations. */
  readonly roles: RoleDefinitions;
  /** The app's own fields of an organization. */
  readonly settings: SettingsSchema | undefined;
  /** The roles in the whole app. */
  readonly appRoles: AppRoleDefinitions;
  /** The events of each kind of owner. */
  readonly events?: OwnerEvents | undefined;
  /** The schema of a connection's state, for each kind of owner that has presence. */
  readonly presence?: OwnerPresence | undefined;
}

declare const APP: unique symbol;

/** Carries the definition's type with the router's context, so that `createUserDO` can type `this.tables`. */
export interface AppTypes<TApp extends AppDefinition> {
  // tRPC copies the context type and turns an optional property into one that can be undefined. Without `undefined` here, a
  // builder would not be assignable to another one of the same `t`.
  readonly [APP]?: TApp | undefined;
}

/** The type of a router's definition. */
export type AppOf<TRouter extends AnyTRPCRouter> =
  TRouter["_def"]["_config"]["$types"]["ctx"] extends AppTypes<infer TApp> ? TApp : AppDefinition;

/** A definition at run time. */
export interface RouterDefinition {
  readonly app: AppDefinition;
  readonly roles: RolePolicy;
  readonly appRoles: AppRolePolicy;
  readonly migrations: { readonly [TOwner in keyof AppDefinition["tables"]]: readonly Migration[] };
  readonly builtin: Readonly<Record<string, object>>;
  /** The jurisdiction of the objects that all users share; `undefined` if they are not restricted. */
  readonly appJurisdiction: Jurisdiction | undefined;
  readonly extendContext: ((base: object) => object | Promise<object>) | undefined;
}

const DEFINITION = Symbol.for("trpc-userdo.definition");

/** Stores the definition on the root config, which all routers of one `t` share. */
export function attachDefinition(config: object, definition: RouterDefinition): void {
  Object.defineProperty(config, DEFINITION, { value: definition });
}

interface Configured {
  readonly _def?: { readonly _config?: { readonly [DEFINITION]?: RouterDefinition } };
}

/** The definition of a router that `initUserDO` created; `undefined` for any other value. */
export function findDefinition(value: unknown): RouterDefinition | undefined {
  return (value as Configured | null | undefined)?._def?._config?.[DEFINITION];
}

/**
 * Returns the definition of an app's router, and checks the router's names.
 *
 * @throws Error if `initUserDO` did not create the router, or one of the app's routers has the name of a built-in router
 */
export function definitionOf(router: AnyTRPCRouter): RouterDefinition {
  const definition = findDefinition(router);
  if (!definition) {
    throw new Error(
      "This router was not created by initUserDO. Create it with `t.router(…)` of `const t = initUserDO(…)`.",
    );
  }
  // The type of tRPC's routers does not include `lazy`.
  const { record, lazy } = router._def as unknown as Record<"record" | "lazy", Record<string, object>>;
  for (const [name, builtin] of Object.entries(definition.builtin)) {
    // A lazy router enters the record when it is loaded, and would then replace the built-in one. So it is checked now.
    const own = record[name] ?? lazy[name];
    if (own && !sameProcedures(own, builtin)) {
      throw new Error(`The router has its own "${name}", which is the name of a built-in router. Rename yours.`);
    }
  }
  return definition;
}

function sameProcedures(one: object, other: object): boolean {
  if (typeof other === "function") return definitionIn(one) === definitionIn(other);
  const procedures = Object.entries(other).filter(([, value]) => typeof value === "function" && "_def" in value);
  return procedures.every(([name, procedure]) => {
    const own = (one as Record<string, unknown>)[name];
    return definitionIn(own) === definitionIn(procedure);
  });
}

/** A procedure in a router has the definition of the original, and is another function. */
function definitionIn(procedure: unknown): unknown {
  return (procedure as { readonly _def?: unknown } | undefined)?._def;
}
