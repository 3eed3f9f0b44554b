import type { Kv } from "../../router/kv/kv-api.js";
import type { ExportedRecord } from "../../shared/exported-record.js";
import type { Page } from "../../shared/page.js";
import type { ScheduleService } from "../../router/schedule/schedule-service.js";
import type { BlockedInviter } from "../../shared/organization.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { toUser, type AccountStore } from "./account-store.js";
import { countFitting, SMALL_PAGE_BYTES } from "../tables/query/page-bytes.js";
import type { AuditLog } from "./audit-log.js";
import type { EmailChange } from "./email/email-change.js";
import { decodeSessionData } from "./sessions/session-data.js";
import type { SessionStore } from "./sessions/session-store.js";

/** The methods of a table that reading it page by page needs. */
interface ReadableTable {
  where(field: "id", operator: ">", value: string): ReadableTable;
  where(field: "id", operator: "in", value: readonly string[]): ReadableTable;
  orderBy(field: "id"): ReadableTable;
  select(field: "id"): ReadableTable;
  limit(count: number): ReadableTable;
  all(): { readonly id: string }[];
}

/** The memberships of the user, and the invitations to an address that have not expired. */
export interface ExportedOrganizations {
  memberships(): readonly object[];
  /** `inviter` contains the id of another user, so the export omits it. */
  invitations(email: string, now: number): readonly { readonly inviter?: object | undefined }[];
}

/** The inviters that the user blocks. */
export interface ExportedInviterBlocks {
  list(): readonly BlockedInviter[];
}

export interface ExportOptions {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly audit: AuditLog;
  /** The app's tables. */
  readonly tables: object;
  readonly tableNames: readonly string[];
  /** Sizes of rows in bytes, by id. Small rows may be missing. */
  readonly rowSizes: (table: string, ids: readonly string[]) => ReadonlyMap<string, number>;
  readonly kv: Kv;
  readonly schedules: Pick<ScheduleService, "list">;
  readonly emailChange: Pick<EmailChange, "pending">;
  readonly organizations: ExportedOrganizations;
  readonly blockedInviters: ExportedInviterBlocks;
}

/** Number of rows that are read at once. */
const PAGE_ROWS = 200;
/** Schedules can be large, too. */
const PAGE_SCHEDULES = 20;

/** Yields all data of a user except secrets. Reads page by page, so that the data does not have to fit in memory. */
export async function* exportRecords(options: ExportOptions): AsyncGenerator<ExportedRecord, void> {
  for (let cursor: string | undefined; ;) {
    const { items, nextCursor } = exportPage(options, cursor);
    yield* items;
    if (nextCursor === null) return;
    cursor = nextCursor;
  }
}

/**
 * Returns a page of all data of a user except secrets. The first page has the account with its sessions and organizations,
 * and the following ones the rows, the keys, the schedules and the audit log.
 *
 * @throws TRPCError BAD_REQUEST (CURSOR_INVALID)
 */
export function exportPage(options: ExportOptions, cursor: string | undefined): Page<ExportedRecord> {
  for (let from = cursor; ;) {
    const page = readSection(options, from);
    // Most tables of most users are empty.
    if (page.items.length > 0 || page.nextCursor === null) return page;
    from = page.nextCursor;
  }
}

/** Returns the next records of one section. A cursor is the name of a section, and the position in it. */
function readSection(options: ExportOptions, cursor: string | undefined): Page<ExportedRecord> {
  const { audit, kv } = options;
  const tables = options.tableNames;
  if (cursor === undefined) return { items: [...accountRecords(options)], nextCursor: sectionOf(tables[0]) };
  const [section, position] = splitOnce(cursor);
  const [table, after] = splitOnce(position);
  if (section === "row" && tables.includes(table)) {
    const { rows, last } = readRows(options, table, after);
    const items = rows.map((data): ExportedRecord => ({ type: "row", table, data }));
    return { items, nextCursor: last ?? sectionOf(tables[tables.indexOf(table) + 1]) };
  }
  if (section === "key") {
    const { items, nextCursor } = kv.list({ cursor: position || undefined });
    return {
      items: items.map((data) => ({ type: "key", data })),
      nextCursor: nextCursor === null ? "schedule " : `key ${nextCursor}`,
    };
  }
  if (section === "schedule") {
    const { items, nextCursor } = options.schedules.list({ limit: PAGE_SCHEDULES, cursor: position || undefined });
    return {
      items: items.map((data) => ({ type: "schedule", data })),
      nextCursor: nextCursor === null ? "audit " : `schedule ${nextCursor}`,
    };
  }
  if (section === "audit") {
    const { items, nextCursor } = audit.list({ limit: PAGE_ROWS, cursor: position || undefined });
    return {
      items: items.map((data) => ({ type: "audit", data })),
      nextCursor: nextCursor === null ? null : `audit ${nextCursor}`,
    };
  }
  throw new ReasonedError({
    code: "BAD_REQUEST",
    reason: "CURSOR_INVALID",
    message: "This cursor is not valid. Pass the nextCursor of the previous page, or no cursor for the first page.",
  });
}

/** Splits at the first space. Names have none, but keys can. */
function splitOnce(text: string): [string, string] {
  const at = text.indexOf(" ");
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** The cursor of a table's first row; that of the first key after the last table. */
function sectionOf(table: string | undefined): string {
  return table === undefined ? "key " : `row ${table} `;
}

function* accountRecords(options: ExportOptions): Generator<ExportedRecord, void> {
  const { accounts, sessions, emailChange, organizations, blockedInviters } = options;
  const account = accounts.read();
  if (account) yield { type: "account", data: toUser(account) };
  const change = emailChange.pending();
  if (change) yield { type: "emailChange", data: { email: change.email } };
  for (const { id, createdAt, lastSeenAt, endsAt, device, name } of sessions.list(Date.now())) {
    const times = { createdAt: new Date(createdAt), lastSeenAt: new Date(lastSeenAt), endsAt: new Date(endsAt) };
    const stored = sessions.readData(id);
    const data = stored === undefined ? undefined : decodeSessionData(stored);
    yield { type: "session", data: { id, ...times, device, name, data } };
  }
  for (const data of organizations.memberships()) yield { type: "organization", data };
  // A user who has not verified the address must not see its invitations.
  const invitations = account?.emailVerified ? organizations.invitations(account.email, Date.now()) : [];
  // The user must not see the inviter's user id.
  for (const { inviter: _inviter, ...data } of invitations) {
    yield { type: "organization", data: { status: "invited", ...data } };
  }
  for (const { email, blockedAt } of blockedInviters.list()) {
    yield { type: "blockedInviter", data: { email, blockedAt } };
  }
}

/** Reads a small page of rows, because a slow client keeps it in memory. `last` is `undefined` after the last row. */
function readRows(
  { tables, rowSizes }: ExportOptions,
  name: string,
  after: string,
): { rows: readonly object[]; last: string | undefined } {
  const table = (tables as Readonly<Record<string, ReadableTable>>)[name];
  if (!table) return { rows: [], last: undefined };
  const found = table.select("id").where("id", ">", after).orderBy("id").limit(PAGE_ROWS).all();
  const ids = found.map(({ id }) => id);
  const sizes = rowSizes(name, ids);
  const count = countFitting(
    ids.map((id) => sizes.get(id) ?? 0),
    SMALL_PAGE_BYTES,
  );
  const page = ids.slice(0, count);
  const last = page.at(-1);
  if (last === undefined) return { rows: [], last: undefined };
  return { rows: table.where("id", "in", page).orderBy("id").all(), last: `row ${name} ${last}` };
}
