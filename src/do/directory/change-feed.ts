import type { OrganizationEntry, UserEntry } from "../../shared/directory.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { within } from "../lifecycle/within.js";
import type { DirectoryChange, OnDirectoryChange } from "./directory-options.js";
import type { EntryLists } from "./entry-lists.js";
import type { EntryStore } from "./entry-store.js";
import type { ObjectKind } from "./object-counts.js";
import { toDirectoryOrganization, toDirectoryUser } from "./present-entries.js";

/** The changed entries that the app's hook has not received yet, in order. */
export const feedSchema = `
  CREATE TABLE IF NOT EXISTS _feed (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    UNIQUE (kind, id)
  ) STRICT`;

/** Most changes in one call of the hook. */
const MAX_CHANGES = 100;
/** Most calls of the hook in one alarm. */
const MAX_CALLS = 20;
/** Ten times as long as a slow database needs. */
const HOOK_TIMEOUT_MS = 30_000;

export interface ChangeFeedOptions {
  readonly sql: SqlStorage;
  readonly env: Cloudflare.Env;
  readonly hook: OnDirectoryChange;
  readonly lists: EntryLists;
  readonly store: Pick<EntryStore, "deletedVersion">;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
}

interface FeedRow {
  readonly seq: number;
  readonly kind: ObjectKind;
  readonly id: string;
}

/** Passes the changes of a shard to the app's hook, by alarm. An entry that changes again before is passed once, as it is then. */
export function createChangeFeed({ sql, env, hook, lists, store, isInitialized, alarms }: ChangeFeedOptions) {
  const next = (): FeedRow[] =>
    sql
      .exec("SELECT seq, kind, id FROM _feed ORDER BY seq LIMIT ?", MAX_CHANGES)
      .toArray()
      .map(({ seq, kind, id }) => ({ seq: Number(seq), kind: kind as ObjectKind, id: String(id) }));

  function toChange({ kind, id }: FeedRow): DirectoryChange {
    const entry: UserEntry | OrganizationEntry | undefined = kind === "user" ? lists.user(id) : lists.organization(id);
    if (!entry) return { type: "delete", kind, id, version: store.deletedVersion(kind, id) ?? Date.now() };
    const { version } = entry;
    return "memberCount" in entry
      ? { type: "update", kind: "organization", id, version, organization: toDirectoryOrganization(entry) }
      : { type: "update", kind: "user", id, version, user: toDirectoryUser(entry) };
  }

  async function run(): Promise<void> {
    for (let calls = 0; calls < MAX_CALLS; calls++) {
      const rows = isInitialized() ? next() : [];
      if (rows.length === 0) return;
      await within(HOOK_TIMEOUT_MS, hook({ changes: rows.map(toChange), env }));
      // An entry that changed meanwhile has a new row.
      for (const { seq } of rows) sql.exec("DELETE FROM _feed WHERE seq = ?", seq);
    }
  }

  alarms.register({
    name: "onDirectoryChange",
    due: () => (isInitialized() && sql.exec("SELECT 1 FROM _feed LIMIT 1").toArray().length > 0 ? 0 : undefined),
    run,
  });

  return {
    /** Call it in the transaction of the change. */
    add(kind: ObjectKind, id: string): void {
      sql.exec("INSERT OR REPLACE INTO _feed (kind, id) VALUES (?, ?)", kind, id);
      alarms.arm();
    },
    /** Another shard has the entry now, and passes its changes. */
    release: (kind: ObjectKind, id: string): void =>
      void sql.exec("DELETE FROM _feed WHERE kind = ? AND id = ?", kind, id),
  };
}
