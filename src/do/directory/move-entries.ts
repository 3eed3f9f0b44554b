import type { OrganizationEntry, UserEntry } from "../../shared/directory.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { Outbox } from "../messaging/create-outbox.js";
import { messageToShard } from "./directory-messages.js";
import type { EntryLists, Listed } from "./entry-lists.js";
import type { EntryStore } from "./entry-store.js";
import type { ObjectKind } from "./object-counts.js";
import { shardOf } from "./shard-of.js";

/** The number of shards that the entries were stored for, the highest one ever, and the positions of a move, by kind. */
export const shardsSchema = `
  CREATE TABLE IF NOT EXISTS _shards (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    shards INTEGER NOT NULL,
    most INTEGER NOT NULL,
    user INTEGER,
    organization INTEGER
  ) STRICT`;

/** Entries that are checked in one transaction. */
const BATCH = 100;
/** Most transactions in one alarm. */
const MAX_BATCHES = 10;

export interface MoveOptions {
  readonly sql: SqlStorage;
  /** The number of this shard. */
  readonly shard: number;
  /** The number of shards that the app configures. */
  readonly shards: number;
  readonly store: EntryStore;
  readonly lists: EntryLists;
  readonly outbox: Pick<Outbox, "post">;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Called in the transaction that moves an entry to another shard. */
  readonly onMove: (kind: ObjectKind, id: string) => void;
}

/** Moves entries to other shards after the number of shards was changed, by alarm. */
export function createMoves(options: MoveOptions) {
  const { sql, shard, shards, store, lists, outbox, transaction, isInitialized, alarms, onMove } = options;

  const read = () => (isInitialized() ? sql.exec("SELECT * FROM _shards").toArray()[0] : undefined);

  /** The kind of entries that are checked next; `undefined` if all were. */
  function pending(): ObjectKind | undefined {
    const row = read();
    if (!row) return undefined;
    return row["user"] !== null ? "user" : row["organization"] !== null ? "organization" : undefined;
  }

  function moveBatch(kind: ObjectKind): void {
    const from = Number(read()?.[kind]);
    const entries: readonly Listed<UserEntry | OrganizationEntry>[] =
      kind === "user" ? lists.usersFrom(from, BATCH) : lists.organizationsFrom(from, BATCH);
    const leaving = Map.groupBy(
      entries.filter(({ id }) => shardOf(id, shards) !== shard),
      ({ id }) => shardOf(id, shards),
    );
    for (const [target, moved] of leaving) {
      const users = moved.filter((entry): entry is Listed<UserEntry> => !("memberCount" in entry));
      const organizations = moved.filter((entry): entry is Listed<OrganizationEntry> => "memberCount" in entry);
      outbox.post(messageToShard(target, "moved", { users, organizations }));
      for (const { id } of moved) {
        store.release(kind, id);
        onMove(kind, id);
      }
    }
    sql.exec(`UPDATE _shards SET ${kind} = ?`, entries.at(-1)?.key ?? null);
  }

  alarms.register({
    name: "directory shards",
    due: () => (pending() ? 0 : undefined),
    run() {
      for (let batches = 0; batches < MAX_BATCHES; batches++) {
        const kind = pending();
        if (!kind) return;
        transaction(() => moveBatch(kind));
      }
    },
  });

  return {
    /** Records the number of shards in a new shard. */
    initialize: (): void =>
      void sql.exec("INSERT OR IGNORE INTO _shards (only, shards, most) VALUES (1, ?, ?)", shards, shards),

    /** Starts a move if the number of shards was changed since the last start. */
    start(): void {
      const row = read();
      if (!row || row["shards"] === shards) return;
      const most = Math.max(Number(row["most"]), shards);
      transaction(() => {
        sql.exec("UPDATE _shards SET shards = ?, most = ?, user = -1, organization = -1", shards, most);
        // Shards that are no longer configured receive no messages that would start them.
        if (shard === 0) for (let other = 1; other < most; other++) outbox.post(messageToShard(other, "wake", {}));
        alarms.arm();
      });
    },

    /** The number of shards that can have entries, as far as this shard knows. */
    count: (): number => Math.max(Number(read()?.["most"] ?? 0), shards),
  };
}
