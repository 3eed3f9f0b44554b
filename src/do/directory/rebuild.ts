import type { DirectoryReplies } from "../../shared/directory-requests.js";
import type { OrganizationEntry, UserEntry } from "../../shared/directory.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { EntryLists } from "./entry-lists.js";
import type { EntryStore } from "./entry-store.js";
import type { ObjectKind } from "./object-counts.js";

/** The position of a rebuild: the last entry that was checked, by kind. */
export const rebuildSchema = `
  CREATE TABLE IF NOT EXISTS _rebuild (
    kind TEXT PRIMARY KEY,
    key INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

/** Objects that are asked at once. The platform allows six connections. */
const MAX_PARALLEL = 6;
/** Most objects that are asked in one alarm. */
const MAX_OBJECTS = 120;

export interface RebuildOptions {
  readonly sql: SqlStorage;
  readonly store: EntryStore;
  readonly lists: EntryLists;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  /** Asks an object for its entry. Rejects if the object cannot be reached, or runs a version that does not know the question. */
  readonly readEntry: (kind: ObjectKind, id: string) => Promise<DirectoryReplies["reportEntry"]>;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Reports an object that does not reply. Its entry stays. */
  readonly onUnreachable: (cause: unknown) => void;
}

/** Checks all entries of a shard against the objects that they describe, by alarm. */
export function createRebuild(options: RebuildOptions) {
  const { sql, store, lists, transaction, readEntry, isInitialized, alarms, onUnreachable } = options;

  async function check(kind: ObjectKind, { id, version }: UserEntry | OrganizationEntry): Promise<void> {
    try {
      const reply = await readEntry(kind, id);
      transaction(() => {
        if (!reply.ok) store.delete(kind, id, version + 1);
        else if ("memberCount" in reply.value) store.putOrganization(reply.value);
        else store.putUser(reply.value);
      });
    } catch (cause) {
      onUnreachable(cause);
    }
  }

  async function run(): Promise<void> {
    for (let checked = 0; checked < MAX_OBJECTS; checked += MAX_PARALLEL) {
      const [row] = sql.exec("SELECT kind, key FROM _rebuild ORDER BY kind DESC LIMIT 1").toArray();
      if (!row) return;
      const kind = row["kind"] as ObjectKind;
      const from = Number(row["key"]);
      const entries =
        kind === "user" ? lists.usersFrom(from, MAX_PARALLEL) : lists.organizationsFrom(from, MAX_PARALLEL);
      await Promise.all(entries.map((entry) => check(kind, entry)));
      const last = entries.at(-1);
      if (last) sql.exec("UPDATE _rebuild SET key = ? WHERE kind = ? AND key = ?", last.key, kind, from);
      else sql.exec("DELETE FROM _rebuild WHERE kind = ? AND key = ?", kind, from);
    }
  }

  alarms.register({
    name: "directory rebuild",
    due: () => (isInitialized() && sql.exec("SELECT 1 FROM _rebuild LIMIT 1").toArray().length > 0 ? 0 : undefined),
    run,
  });

  return {
    /** Starts, or starts again from the beginning. */
    start(): void {
      for (const kind of ["user", "organization"] satisfies ObjectKind[])
        sql.exec("INSERT OR REPLACE INTO _rebuild (kind, key) VALUES (?, -1)", kind);
      alarms.arm();
    },
  };
}
