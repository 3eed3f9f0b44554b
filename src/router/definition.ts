import type { AnyTRPCRouter } from "@trpc/server";
import type { z } from "zod";
import type { KvSchemas } from "./kv/kv-schemas.js";
import type { RolePolicy } from "./organizations/role-policy.js";
import type { RoleDefinitions } from "./organizations/role-definitions.js";
import type { Migration } from "./schema/migration.js";
import type { TableDefinitions } from "./schema/table.js";

/** The app's own fields of a user: names, a picture, a language. */
export type ProfileSchema = z.ZodObject;

/** The fields of a user that only server code writes: a plan, credits, a customer number. */
export type UserFieldsSchema = z.ZodObject;

/** The app's own fields of an organization: its plan, its time zone, how it looks. */
export type SettingsSchema = z.ZodObject;

/** What `initUserDO` was told, with nothing left out: the app's storage, by kind of owner. */
export interface AppDefinition {
  readonly tables: {
    readonly user: TableDefinitions;
    readonly organization: TableDefinitions;
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
}

declare const APP: unique symbol;

/** Carries the definition's type with the router's context, so that `createUserDO` can type `this.tables`. */
export interface AppTypes<TApp extends AppDefinition> {
  // `undefined` said outright: tRPC rebuilds the context of a builder as a plain type, in which an optional property is
  // one that may be undefined. Without it no builder would fit another of the same `t`.
  readonly [APP]?: TApp | undefined;
}

/** The definition that a router was made from. */
export type AppOf<TRouter extends AnyTRPCRouter> =
  TRouter["_def"]["_config"]["$types"]["ctx"] extends AppTypes<infer TApp> ? TApp : AppDefinition;

/** A definition as the runtime carries it: with the app's own additions to the context. */
export interface RouterDefinition {
  readonly app: AppDefinition;
  readonly roles: RolePolicy;
  readonly migrations: { readonly user: readonly Migration[]; readonly organization: readonly Migration[] };
  readonly builtin: Readonly<Record<string, object>>;
  readonly extendContext: ((base: object) => object | Promise<object>) | undefined;
}

const DEFINITION = Symbol.for("trpc-userdo.definition");

/** Remembers the definition on the root config, which every router made from it shares. */
export function attachDefinition(config: object, definition: RouterDefinition): void {
  Object.defineProperty(config, DEFINITION, { value: definition });
}

interface Configured {
  readonly _def?: { readonly _config?: { readonly [DEFINITION]?: RouterDefinition } };
}

/** The definition of an app's router, or of any router that was made with it; nothing for any other value. */
export function findDefinition(value: unknown): RouterDefinition | undefined {
  return (value as Configured | null | undefined)?._def?._config?.[DEFINITION];
}

/**
 * Reads the definition back from an app's router, and checks the router as a whole.
 *
 * @throws Error when the router was not made by `initUserDO`, or one of its own routers has a built-in's name
 */
export function definitionOf(router: AnyTRPCRouter): RouterDefinition {
  const definition = findDefinition(router);
  if (!definition) {
    throw new Error("This router was not made by initUserDO. Make it with `t.router(…)` of `const t = initUserDO(…)`.");
  }
  // The type of any router leaves out what `lazy` holds.
  const { record, lazy } = router._def as unknown as Record<"record" | "lazy", Record<string, object>>;
  for (const [name, builtin] of Object.entries(definition.builtin)) {
    // A lazy one is in the record once it is loaded, when it would hide the built-in one: that is too late to say so.
    const own = record[name] ?? lazy[name];
    if (own && !sameProcedures(own, builtin)) {
      throw new Error(`The router has its own "${name}", which is the name of a built-in router. Rename it.`);
    }
  }
  return definition;
}

function sameProcedures(one: object, other: object): boolean {
  if (typeof other === "function") return one === other;
  const procedures = Object.entries(other).filter(([, value]) => typeof value === "function" && "_def" in value);
  return procedures.every(([name, procedure]) => (one as Record<string, unknown>)[name] === procedure);
}
