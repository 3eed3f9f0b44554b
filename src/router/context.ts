import type { Caller } from "../shared/caller.js";
import type { Owner } from "../shared/owner.js";
import type { Schedule } from "./schedule/schedule-api.js";
import type { AppDefinition, AppTypes } from "./definition.js";
import type { Env } from "./env.js";
import type { Events, EventsOf } from "./events/events-api.js";
import type { Kv } from "./kv/kv-api.js";
import type { OrganizationMember, OrganizationOf } from "./organizations/organization-types.js";
import type { UserOf } from "./profile.js";
import type { Presence, PresenceStateOf } from "./presence/presence-api.js";
import type { Database } from "./schema/database.js";
import type { Tables } from "./schema/table-api.js";
import type { UserFieldsWriter } from "./user-fields.js";

/** The context of every procedure. */
export interface BaseContext<TApp extends AppDefinition = AppDefinition> extends AppTypes<TApp> {
  /** The caller: anonymous, a user, or the app itself. */
  readonly caller: Caller;
  /** The Worker's bindings. */
  readonly env: Env;
  /** The id of the last event that the client of a resumed subscription received. */
  readonly lastEventId?: string | undefined;
  /**
   * Identifies a mutation and its repeats among those of all callers; `undefined` if the client sent no key. It is derived from the
   * client's key. Pass it to `createCaller` and to other services, so that what they do for a repeat has its effect once.
   */
  readonly idempotencyKey?: string | undefined;
}

interface OwnerContext<TOwner extends Owner["type"]> {
  /** The user, the organization or the app to which the Durable Object belongs. */
  readonly owner: Owner;
  /** The id of the last event that the client of a resumed subscription received. `changes()` uses it automatically. */
  readonly lastEventId: string | undefined;
  /**
   * Runs synchronous work in one storage transaction, and returns its result. For `async` resolvers, in which each write is
   * otherwise its own transaction. A synchronous resolver of a mutation already runs in one transaction.
   *
   * @throws the errors of `work`, after which nothing is stored
   */
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  /**
   * Runs the writes of an `async` mutation in one storage transaction, which also stores its idempotency key, and returns the result
   * of `work`. A repeat after a crash does not run again once this has returned. Call it once, after everything that is awaited.
   *
   * @throws the errors of `work`, after which nothing is stored
   */
  readonly commit: <TResult>(work: () => TResult) => TResult;
  /** Runs mutations of this object later: once, or at each time of a cron pattern. */
  readonly schedule: Schedule<TOwner>;
}

/** The additional context of a `userProcedure`, which runs in the caller's own object. */
export interface UserContext<TApp extends AppDefinition> extends OwnerContext<"user">, UserFieldsWriter<TApp> {
  /** The user, or the system that runs a schedule. */
  readonly caller: Exclude<Caller, { type: "anonymous" }>;
  readonly user: UserOf<TApp>;
  readonly tables: Tables<TApp["tables"]["user"]>;
  /** The user's key-value store. */
  readonly kv: Kv<TApp["kv"]>;
  /** The user's events. */
  readonly events: Events<EventsOf<TApp, "user">>;
  /** The user's own devices that are connected. */
  readonly presence: Presence<PresenceStateOf<TApp, "user">>;
  /** Kysely over the same tables, for joins and aggregates: `ctx.db.all(ctx.db.selectFrom(…)…)`. */
  readonly db: Database<TApp["tables"]["user"]>;
}

/** The additional context of an `organizationProcedure`, which runs in the organization's object. */
export interface OrganizationContext<TApp extends AppDefinition> extends OwnerContext<"organization"> {
  readonly caller: Exclude<Caller, { type: "anonymous" }>;
  readonly organization: OrganizationOf<TApp>;
  /** The calling member. @throws TRPCError BAD_REQUEST if the app itself calls (`ctx.caller.type` is "system") */
  readonly member: OrganizationMember<TApp>;
  readonly tables: Tables<TApp["tables"]["organization"]>;
  /** The organization's key-value store. */
  readonly kv: Kv<TApp["kv"]>;
  /** The organization's events. */
  readonly events: Events<EventsOf<TApp, "organization">>;
  /** Who is connected to the organization. */
  readonly presence: Presence<PresenceStateOf<TApp, "organization">>;
  /** Kysely over the same tables, for joins and aggregates: `ctx.db.all(ctx.db.selectFrom(…)…)`. */
  readonly db: Database<TApp["tables"]["organization"]>;
}

/** The additional context of an `appProcedure`, which runs in `app:main`. */
export interface AppContext<TApp extends AppDefinition> extends OwnerContext<"app"> {
  readonly caller: Exclude<Caller, { type: "anonymous" }>;
  readonly tables: Tables<TApp["tables"]["app"]>;
  /** The key-value store of the whole app. */
  readonly kv: Kv<TApp["kv"]>;
  /** The events of the whole app. */
  readonly events: Events<EventsOf<TApp, "app">>;
  /** Who is connected to the app's object. */
  readonly presence: Presence<PresenceStateOf<TApp, "app">>;
  /** Kysely over the same tables, for joins and aggregates: `ctx.db.all(ctx.db.selectFrom(…)…)`. */
  readonly db: Database<TApp["tables"]["app"]>;
}
