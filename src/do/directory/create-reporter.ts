import type { OrganizationEntry, UserEntry } from "../../shared/directory.js";
import { failure, success, type Failure, type Result } from "../../shared/result.js";
import type { Outbox } from "../messaging/create-outbox.js";
import { messageAbout, shardName } from "./directory-messages.js";
import { dayOf } from "./present-entries.js";
import type { ObjectKind } from "./object-counts.js";
import { shardOf } from "./shard-of.js";

/** The entry that an object reported last. */
export const reportSchema =
  "CREATE TABLE IF NOT EXISTS _directory_report (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL, entry TEXT NOT NULL) STRICT";

interface Entries {
  readonly user: UserEntry;
  readonly organization: OrganizationEntry;
}

/** An entry without the fields that the reporter adds. */
export type Unversioned<TEntry> = Omit<TEntry, "id" | "version">;

export interface ReporterOptions<TKind extends ObjectKind> {
  readonly sql: SqlStorage;
  readonly outbox: Pick<Outbox, "post" | "deletePending">;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  readonly kind: TKind;
  readonly id: string;
  readonly shards: number;
  /** Reads the entry as it is now; `undefined` if the object has none. It receives the entry that was reported last. */
  readonly read: (last: Unversioned<Entries[TKind]> | undefined) => Unversioned<Entries[TKind]> | undefined;
}

export interface ReportOptions {
  /**
   * When to send the entry, in milliseconds since the epoch.
   * @default as soon as possible
   */
  readonly due?: number;
  /**
   * Whether to send the entry even if it was reported before.
   * @default false
   */
  readonly always?: boolean;
}

/** Reports an object to the directory. */
export function createReporter<TKind extends ObjectKind>(options: ReporterOptions<TKind>) {
  type Entry = Unversioned<Entries[TKind]>;
  const { sql, outbox, transaction, kind, id, shards, read } = options;
  const target = shardName(shardOf(id, shards));

  function last(): { readonly version: number; readonly text: string; readonly entry: Entry } | undefined {
    const [row] = sql.exec("SELECT version, entry FROM _directory_report").toArray();
    if (!row) return undefined;
    const text = String(row["entry"]);
    return { version: Number(row["version"]), text, entry: JSON.parse(text) as Entry };
  }

  /**
   * Returns a version that is higher than all earlier ones. It begins at the time, because an object does not know
   * its earlier versions after its sign-up was undone.
   */
  function nextVersion(): number {
    return Math.max(Date.now(), (last()?.version ?? 0) + 1);
  }

  function renew(always: boolean): Entries[TKind] | undefined {
    const before = last();
    const entry = read(before?.entry);
    const text = JSON.stringify(entry);
    if (!entry || (text === before?.text && !always)) return undefined;
    const version = nextVersion();
    sql.exec("INSERT OR REPLACE INTO _directory_report (only, version, entry) VALUES (1, ?, ?)", version, text);
    return { ...entry, id, version } as Entries[TKind];
  }

  return {
    /** Sends the entry if it has changed since the last report. Call it inside the transaction of the cause. */
    report({ due, always = false }: ReportOptions = {}): void {
      transaction(() => {
        const entry = renew(always);
        if (!entry) return;
        // Only the newest entry is useful.
        outbox.deletePending(target, kind);
        outbox.post({ ...messageAbout<"user" | "organization">(shards, kind, entry), due, inBackground: true });
      });
    },

    /** Returns the entry with a new version, for a directory that asks for it. */
    renew(): Result<Entries[TKind], Failure<"ENTRY_NOT_FOUND">> {
      const entry = transaction(() => renew(true));
      return entry ? success(entry) : failure("ENTRY_NOT_FOUND");
    },

    /** Deletes the entry. Call it inside the transaction of the deletion. */
    remove(): void {
      const version = nextVersion();
      outbox.deletePending(target, kind);
      outbox.post(messageAbout(shards, "deleted", { kind, id, version }));
    },
  };
}

/** Whether a user was not reported as seen today. */
export function isSeenDue(sql: SqlStorage, now: number): boolean {
  const [row] = sql.exec("SELECT entry ->> 'seenDay' AS day FROM _directory_report").toArray();
  return row === undefined || Number(row["day"]) < dayOf(now);
}

export type Reporter<TKind extends ObjectKind> = ReturnType<typeof createReporter<TKind>>;
