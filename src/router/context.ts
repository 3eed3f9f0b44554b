import type { Caller } from "../shared/caller.js";
import type { Owner } from "../shared/owner.js";
import type { AppDefinition, AppTypes } from "./definition.js";
import type { Env } from "./env.js";
import type { Kv } from "./kv/kv-api.js";
import type { OrganizationMember, OrganizationOf } from "./organizations/organization-types.js";
import type { UserOf } from "./profile.js";
import type { Database } from "./schema/database.js";
import type { Tables } from "./schema/table-api.js";
import type { UserFieldsWriter } from "./user-fields.js";

/** What every procedure gets, wherever it runs. */
export interface BaseContext<TApp extends AppDefinition = AppDefinition> extends AppTypes<TApp> {
  /** Who makes the call. */
  readonly caller: Caller;
  /** The Worker's bindings. */
  readonly env: Env;
  /** The id of the last event that the client of a resumed subscription received. */
  readonly lastEventId?: string | undefined;
}

interface OwnerContext {
  /** Whose Durable Object this is. */
  readonly owner: Owner;
  /** Where a resumed subscription left off; `changes()` uses it by itself. */
  readonly lastEventId: string | undefined;
  /**
   * Runs synchronous work all or nothing: for an `async` resolver, whose writes are otherwise atomic one by
   * one. A mutation whose resolver is synchronous is one transaction already.
   */
  readonly transaction: <TResult>(work: () => TResult) => TResult;
}

/** What a `userProcedure` gets on top: it runs in the caller's own object. */
export interface UserContext<TApp extends AppDefinition> extends OwnerContext, UserFieldsWriter<TApp> {
  readonly caller: Extract<Caller, { type: "user" }>;
  readonly user: UserOf<TApp>;
  readonly tables: Tables<TApp["tables"]["user"]>;
  /** The user's keys and values. */
  readonly kv: Kv<TApp["kv"]>;
  /** Kysely over the same tables, for joins, aggregates and the rest: `ctx.db.all(ctx.db.selectFrom(…)…)`. */
  readonly db: Database<TApp["tables"]["user"]>;
}

/** What an `organizationProcedure` gets on top: it runs in the organization's object. */
export interface OrganizationContext<TApp extends AppDefinition> extends OwnerContext {
  readonly caller: Exclude<Caller, { type: "anonymous" }>;
  readonly organization: OrganizationOf<TApp>;
  /** Who calls, as a member. BAD_REQUEST when the app itself calls, as `ctx.caller.type` "system" says. */
  readonly member: OrganizationMember<TApp>;
  readonly tables: Tables<TApp["tables"]["organization"]>;
  /** The organization's keys and values. */
  readonly kv: Kv<TApp["kv"]>;
  /** Kysely over the same tables, for joins, aggregates and the rest: `ctx.db.all(ctx.db.selectFrom(…)…)`. */
  readonly db: Database<TApp["tables"]["organization"]>;
}
