/** What can be called: the app's router, its tables and its procedures. */
export { initUserDO } from "./init-user-do.js";
export { table } from "./schema/table.js";
export type { InitUserDOOptions } from "./init-user-do.js";
export type { Credentials, ListedSession, Session, SignedIn, User } from "../shared/account.js";
export type { Kv, KvEntry, KvListOptions, KvPage, KvSetOptions } from "./kv/kv-api.js";
export type { KvSchemas } from "./kv/kv-schemas.js";
export type { BaseContext, OrganizationContext, UserContext } from "./context.js";
export type { ProfileSchema, UserOf } from "./profile.js";
export type { AuditAction, AuditEntry, AuditPage } from "../shared/audit.js";
export type { ExportedRecord } from "../shared/exported-record.js";
export type { AppDefinition } from "./definition.js";
export type { Env } from "./env.js";
export type { Caller } from "../shared/caller.js";
export type { Change } from "../shared/change.js";
export type { KvChange } from "../shared/kv-change.js";
export type { Owner } from "../shared/owner.js";
