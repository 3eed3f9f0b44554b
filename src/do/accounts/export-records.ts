import type { Kv } from "../../router/kv/kv-api.js";
import type { ExportedRecord } from "../../shared/exported-record.js";
import type { Page } from "../../shared/page.js";
import type { BlockedInviter } from "../../shared/organization.js";
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
  readonly tableNames: Iterable<string>;
  /** Sizes of rows in bytes, by id. Small rows may be missing. */
  readonly rowSizes: (table: string, ids: readonly string[]) => ReadonlyMap<string, number>;
  readonly kv: Kv;
  readonly emailChange: Pick<EmailChange, "pending">;
  readonly organizations: ExportedOrganizations;
  readonly blockedInviters: ExportedInviterBlocks;
}

/** Number of rows that are read at once. */
const PAGE_ROWS = 200;

/** Yields all data of a user except secrets. Reads page by page, so that the data does not have to fit in memory. */
export async function* exportRecords(options: ExportOptions): AsyncGenerator<ExportedRecord, void> {
  const { accounts, sessions, audit, tableNames, kv, emailChange, organizations, blockedInviters } = options;
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
  for (const table of tableNames) {
    for (const data of allRows(options, table)) yield { type: "row", table, data };
  }
  for (const data of allItems((cursor) => kv.list({ cursor }))) yield { type: "key", data };
  for (const data of allItems((cursor) => audit.list({ limit: PAGE_ROWS, cursor }))) yield { type: "audit", data };
}

/** Reads a list page by page. */
function* allItems<TItem>(read: (cursor: string | undefined) => Page<TItem>): Generator<TItem, void> {
  for (let cursor: string | undefined; ;) {
    const { items, nextCursor } = read(cursor);
    yield* items;
    if (nextCursor === null) return;
    cursor = nextCursor;
  }
}

/** Reads small pages, because a slow client keeps a page in memory. */
function* allRows({ tables, rowSizes }: ExportOptions, name: string): Generator<object, void> {
  const table = (tables as Readonly<Record<string, ReadableTable>>)[name];
  for (let last = ""; table;) {
    const ids = table.select("id").where("id", ">", last).orderBy("id").limit(PAGE_ROWS).all();
    const sizes = rowSizes(
      name,
      ids.map(({ id }) => id),
    );
    for (let rest = ids.map(({ id }) => id); rest.length > 0;) {
      const count = countFitting(
        rest.map((id) => sizes.get(id) ?? 0),
        SMALL_PAGE_BYTES,
      );
      yield* table.where("id", "in", rest.slice(0, count)).orderBy("id").all();
      rest = rest.slice(count);
    }
    const final = ids.at(-1);
    if (!final) return;
    last = final.id;
  }
}
