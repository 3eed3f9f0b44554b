import { MAIL } from "./outbox-heads.js";

/** What is to be sent: to another object of the app (by its name), or to the mail hook. */
export interface OutboxMessage {
  readonly target: string;
  readonly kind: string;
  readonly payload: unknown;
  /** After this it is not worth sending: milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
}

/** A letter as it waits in the outbox. */
export interface StoredOutboxMessage extends OutboxMessage {
  /** Counts up for each target, and is never used again. */
  readonly seq: number;
  readonly attempts: number;
  readonly due: number;
}

/** A letter that could not be delivered. It says why, and holds nothing of what was to be sent. */
export interface DeadLetter {
  readonly target: string;
  readonly seq: number;
  readonly kind: string;
  readonly createdAt: Date;
  readonly failedAt: Date;
  readonly attempts: number;
  readonly error: string;
}

/** Most dead letters that are kept, the newest of them. */
const DEAD_KEPT = 100;

export const outboxSchema = `
  CREATE TABLE IF NOT EXISTS _outbox (
    target TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (target, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS _outbox_seq (target TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS _outbox_life (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL) STRICT;
  INSERT OR IGNORE INTO _outbox_life (only, id) VALUES (1, lower(hex(randomblob(8))));
  CREATE TABLE IF NOT EXISTS _dead_letters (
    target TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (target, seq)
  ) STRICT`;

export type OutboxStore = ReturnType<typeof createOutboxStore>;

export function createOutboxStore(sql: SqlStorage) {
  return {
    /** Which life of the object its numbers belong to: an object that was erased counts from 1 again. */
    life: (): string => String(sql.exec("SELECT id FROM _outbox_life").one()["id"]),

    add({ target, kind, payload, expiresAt }: OutboxMessage, now: number): void {
      const { seq } = sql
        .exec(
          "INSERT INTO _outbox_seq (target, seq) VALUES (?, 1) ON CONFLICT (target) DO UPDATE SET seq = seq + 1 RETURNING seq",
          target,
        )
        .one();
      sql.exec(
        `INSERT INTO _outbox (target, seq, kind, payload, created_at, expires_at, due, attempts)
         VALUES (?, ?, ?, ?, ?, ?, ?, 0)`,
        target,
        Number(seq),
        kind,
        JSON.stringify(payload),
        now,
        expiresAt ?? null,
        now,
      );
    },

    /** When the next letter may go. */
    due(): number | undefined {
      const { due } = sql.exec("SELECT min(due) AS due FROM _outbox_heads").one();
      return due === null ? undefined : Number(due);
    },

    /** Letters that may go now, the longest due first. */
    heads: (now: number, limit: number, withMail: boolean): StoredOutboxMessage[] =>
      sql
        .exec(
          `SELECT message.* FROM (
             SELECT target, seq, due FROM _outbox_heads
             WHERE due <= ? AND (? OR target != '${MAIL}') ORDER BY due, target, seq LIMIT ?
           ) AS head JOIN _outbox AS message ON message.target = head.target AND message.seq = head.seq
           ORDER BY head.due, head.target, head.seq`,
          now,
          Number(withMail),
          limit,
        )
        .toArray()
        .map(toLetter),

    /** What follows a letter to the same object, itself included. */
    from: ({ target, seq }: StoredOutboxMessage, limit: number): StoredOutboxMessage[] =>
      sql
        .exec("SELECT * FROM _outbox WHERE target = ? AND seq >= ? ORDER BY seq LIMIT ?", target, seq, limit)
        .toArray()
        .map(toLetter),

    /** Whether a message still waits: it may have been withdrawn while it was being sent. */
    has: ({ target, seq }: StoredOutboxMessage): boolean =>
      sql.exec("SELECT 1 FROM _outbox WHERE target = ? AND seq = ?", target, seq).toArray().length > 0,

    hasKind: (target: string, kind: string): boolean =>
      sql.exec("SELECT 1 FROM _outbox WHERE target = ? AND kind = ?", target, kind).toArray().length > 0,

    waiting: (): number => Number(sql.exec("SELECT count(*) AS count FROM _outbox").one()["count"]),
    waitingFor: (target: string): number =>
      Number(sql.exec("SELECT count(*) AS count FROM _outbox WHERE target = ?", target).one()["count"]),

    remove: ({ target, seq }: StoredOutboxMessage): void =>
      void sql.exec("DELETE FROM _outbox WHERE target = ? AND seq = ?", target, seq),

    postpone: ({ target, seq }: StoredOutboxMessage, due: number): void =>
      void sql.exec(
        "UPDATE _outbox SET attempts = attempts + 1, due = ? WHERE target = ? AND seq = ?",
        due,
        target,
        seq,
      ),

    removeOf: (target: string, kind: string): void =>
      void sql.exec("DELETE FROM _outbox WHERE target = ? AND kind = ?", target, kind),

    /** Lets the letters to a target go now. */
    hurry: (target: string, now: number): void =>
      void sql.exec("UPDATE _outbox SET due = ? WHERE target = ? AND due > ?", now, target, now),

    bury({ target, seq, attempts }: StoredOutboxMessage, error: string, now: number): void {
      sql.exec(
        `INSERT OR REPLACE INTO _dead_letters (target, seq, kind, created_at, failed_at, attempts, error)
         SELECT target, seq, kind, created_at, ?, ?, ? FROM _outbox WHERE target = ? AND seq = ?`,
        now,
        attempts + 1,
        error,
        target,
        seq,
      );
      sql.exec("DELETE FROM _outbox WHERE target = ? AND seq = ?", target, seq);
      sql.exec(
        "DELETE FROM _dead_letters WHERE rowid NOT IN (SELECT rowid FROM _dead_letters ORDER BY rowid DESC LIMIT ?)",
        DEAD_KEPT,
      );
    },

    dead: (): DeadLetter[] =>
      sql.exec("SELECT * FROM _dead_letters ORDER BY failed_at DESC, rowid DESC").toArray().map(toDead),
  };
}

function toLetter(row: Record<string, SqlStorageValue>): StoredOutboxMessage {
  return {
    target: String(row["target"]),
    seq: Number(row["seq"]),
    kind: String(row["kind"]),
    // Parsed where it is sent: one that a newer version stored in another form fails alone.
    get payload(): unknown {
      return JSON.parse(String(row["payload"]));
    },
    expiresAt: row["expires_at"] === null ? undefined : Number(row["expires_at"]),
    attempts: Number(row["attempts"]),
    due: Number(row["due"]),
  };
}

function toDead(row: Record<string, SqlStorageValue>): DeadLetter {
  return {
    target: String(row["target"]),
    seq: Number(row["seq"]),
    kind: String(row["kind"]),
    createdAt: new Date(Number(row["created_at"])),
    failedAt: new Date(Number(row["failed_at"])),
    attempts: Number(row["attempts"]),
    error: String(row["error"]),
  };
}
