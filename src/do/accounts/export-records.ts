import type { Kv } from "../../router/kv/kv-api.js";
import type { Page, PageOptions } from "../../router/schema/table-api.js";
import type { ExportedRecord } from "../../shared/exported-record.js";
import { toUser, type AccountStore } from "./account-store.js";
import type { BlockedInviterStore } from "../organizations/blocked-inviters.js";
import type { UserOrganizationStore } from "../organizations/user-organization-store.js";
import type { AuditLog } from "./audit-log.js";
import type { EmailChange } from "./email-change.js";
import { decodeSessionData } from "./session-data.js";
import type { SessionStore } from "./session-store.js";

/** A table as far as reading it page by page needs it. */
interface ReadableTable {
  page(options: PageOptions): Page<object>;
}

export interface ExportOptions {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly audit: AuditLog;
  /** The app's tables. */
  readonly tables: object;
  readonly tableNames: Iterable<string>;
  readonly kv: Kv;
  readonly emailChange: Pick<EmailChange, "pending">;
  readonly organizations: Pick<UserOrganizationStore, "memberships" | "invitations">;
  readonly blockedInviters: Pick<BlockedInviterStore, "list">;
}

/** So many rows are read at once. */
const PAGE = 200;

/** All that a user's object holds of them, secrets excepted: page by page, so that none of it has to fit in memory. */
export async function* exportRecords(options: ExportOptions): AsyncGenerator<ExportedRecord, void> {
  const { accounts, sessions, audit, tables, tableNames, kv, emailChange, organizations, blockedInviters } = options;
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
  // Whoever has not shown that the address is theirs does not see what was sent to it.
  const invitations = account?.emailVerified ? organizations.invitations(account.email, Date.now()) : [];
  // The user must not see the inviter's user id.
  for (const { inviter: _inviter, ...data } of invitations) {
    yield { type: "organization", data: { status: "invited", ...data } };
  }
  for (const { email, blockedAt } of blockedInviters.list()) {
    yield { type: "blockedInviter", data: { email, blockedAt } };
  }
  for (const table of tableNames) {
    for (const data of allRows(tables as Record<string, ReadableTable>, table)) yield { type: "row", table, data };
  }
  for (let after: string | null = null; ;) {
    const { items, nextCursor } = kv.list({ after });
    for (const data of items) yield { type: "key", data };
    if (nextCursor === null) break;
    after = nextCursor;
  }
  let cursor: number | undefined;
  do {
    const { entries, nextCursor } = audit.list({ limit: PAGE, cursor });
    for (const data of entries) yield { type: "audit", data };
    cursor = nextCursor;
  } while (cursor !== undefined);
}

function* allRows(tables: Readonly<Record<string, ReadableTable>>, name: string): Generator<object, void> {
  for (let after: string | null = null; ;) {
    const page: Page<object> | undefined = tables[name]?.page({ after, size: PAGE });
    if (!page) return;
    yield* page.items;
    if (page.nextCursor === null) return;
    after = page.nextCursor;
  }
}
