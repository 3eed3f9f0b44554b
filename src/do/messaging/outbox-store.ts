import { hash } from "node:crypto";
import { MAIL, outboxHeadsSchema } from "./outbox-heads.js";

/** A message to another object of the app, or a mail. */
export interface OutboxMessage {
  /** The name of the object, or `MAIL` for the mail hook. */
  readonly target: string;
  readonly kind: string;
  readonly payload: unknown;
  /**
   * When the message is no longer useful, in milliseconds since the epoch. After that it is not sent.
   * @default never
   */
  readonly expiresAt?: number | undefined;
  /**
   * When to send the message, in milliseconds since the epoch. Later messages to the same object wait for it.
   * @default as soon as possible
   */
  readonly due?: number | undefined;
  /**
   * Whether calls reply before the message is delivered.
   * @default false
   */
  readonly inBackground?: boolean;
}

/** A message in the outbox. */
export interface StoredOutboxMessage extends OutboxMessage {
  /** Increases with each message to the same target. No number is used twice. */
  readonly seq: number;
  /** Failed attempts so far. */
  readonly attempts: number;
  /** When the message can be sent, in milliseconds since the epoch. */
  readonly due: number;
}

/** A message that could not be delivered. It does not contain the payload, which may be confidential. */
export interface DeadLetter {
  /** For `admin.users.retryDeadLetter`. It does not reveal the target. */
  readonly id: string;
  readonly target: string;
  readonly seq: number;
  readonly kind: string;
  readonly createdAt: Date;
  readonly failedAt: Date;
  readonly attempts: number;
  readonly error: string;
}

/** Work that was given up after some attempts. */
type FailedWork = { readonly createdAt: number } & Pick<DeadLetter, "attempts" | "error">;

/** The newest dead letters are stored, up to this number. */
const MAX_DEAD_LETTERS = 100;
/** The length of a dead letter's id. Each character has 4 bits. */
const DEAD_LETTER_ID_LENGTH = 32;

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

/**
 * The payloads of dead letters, with which an operator can send them again. This is not a column of `_dead_letters`, because
 * earlier versions insert rows without it. A trigger deletes the row with its dead letter.
 */
export const deadPayloadSchema = `
  CREATE TABLE IF NOT EXISTS _dead_payloads (
    target TEXT NOT NULL,
    seq INTEGER NOT NULL,
    payload TEXT NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (target, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER IF NOT EXISTS _dead_payloads_delete AFTER DELETE ON _dead_letters BEGIN
    DELETE FROM _dead_payloads WHERE target = OLD.target AND seq = OLD.seq;
  END`;

/** The tables of an outbox. */
export const outboxTables: readonly string[] = [outboxSchema, deadPayloadSchema, outboxHeadsSchema];

export type OutboxStore = ReturnType<typeof createOutboxStore>;

/** Stores pending messages and dead letters. */
export function createOutboxStore(sql: SqlStorage) {
  const seriesId = (): string => String(sql.exec("SELECT id FROM _outbox_life").one()["id"]);

  function toDeadLetter(row: Record<string, SqlStorageValue>): DeadLetter {
    const target = String(row["target"]);
    const seq = Number(row["seq"]);
    return {
      // The target can contain the hash of an address.
      id: hash("sha256", `${seriesId()} ${target} ${seq}`, "hex").slice(0, DEAD_LETTER_ID_LENGTH),
      target,
      seq,
      kind: String(row["kind"]),
      createdAt: new Date(Number(row["created_at"])),
      failedAt: new Date(Number(row["failed_at"])),
      attempts: Number(row["attempts"]),
      error: String(row["error"]),
    };
  }

  const deadLetters = (): DeadLetter[] =>
    sql.exec("SELECT * FROM _dead_letters ORDER BY failed_at DESC, rowid DESC").toArray().map(toDeadLetter);

  function nextSeq(target: string): number {
    const { seq } = sql
      .exec(
        "INSERT INTO _outbox_seq (target, seq) VALUES (?, 1) ON CONFLICT (target) DO UPDATE SET seq = seq + 1 RETURNING seq",
        target,
      )
      .one();
    return Number(seq);
  }

  function pruneDeadLetters(): void {
    sql.exec(
      "DELETE FROM _dead_letters WHERE rowid NOT IN (SELECT rowid FROM _dead_letters ORDER BY rowid DESC LIMIT ?)",
      MAX_DEAD_LETTERS,
    );
  }

  return {
    /** Identifies the series of numbers. An object whose storage was deleted counts from 1 again, with another id. */
    seriesId,

    add({ target, kind, payload, expiresAt, due }: OutboxMessage, now: number): void {
      sql.exec(
        `INSERT INTO _outbox (target, seq, kind, payload, created_at, expires_at, due, attempts)
         VALUES (?, ?, ?, ?, ?, ?, ?, 0)`,
        target,
        nextSeq(target),
        kind,
        JSON.stringify(payload),
        now,
        expiresAt ?? null,
        due ?? now,
      );
    },

    /** When the next message can be sent. */
    due(): number | undefined {
      const { due } = sql.exec("SELECT min(due) AS due FROM _outbox_heads").one();
      return due === null ? undefined : Number(due);
    },

    /** The messages that can be sent now, the longest due first. */
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
        .map(toMessage),

    /** A message and those that follow it to the same object. */
    startingWith: ({ target, seq }: StoredOutboxMessage, limit: number): StoredOutboxMessage[] =>
      sql
        .exec("SELECT * FROM _outbox WHERE target = ? AND seq >= ? ORDER BY seq LIMIT ?", target, seq, limit)
        .toArray()
        .map(toMessage),

    /** Whether a message is still pending. It may be deleted while it is being sent. */
    has: ({ target, seq }: StoredOutboxMessage): boolean =>
      sql.exec("SELECT 1 FROM _outbox WHERE target = ? AND seq = ?", target, seq).toArray().length > 0,

    hasKind: (target: string, kind: string): boolean =>
      sql.exec("SELECT 1 FROM _outbox WHERE target = ? AND kind = ?", target, kind).toArray().length > 0,

    count: (): number => Number(sql.exec("SELECT count(*) AS count FROM _outbox").one()["count"]),
    countFor: (target: string): number =>
      Number(sql.exec("SELECT count(*) AS count FROM _outbox WHERE target = ?", target).one()["count"]),

    delete: ({ target, seq }: StoredOutboxMessage): void =>
      void sql.exec("DELETE FROM _outbox WHERE target = ? AND seq = ?", target, seq),

    postpone: ({ target, seq }: StoredOutboxMessage, due: number): void =>
      void sql.exec(
        "UPDATE _outbox SET attempts = attempts + 1, due = ? WHERE target = ? AND seq = ?",
        due,
        target,
        seq,
      ),

    /** Deletes the messages of a kind. Dead letters stay listed, but cannot be sent again. */
    deleteKind(target: string, kind: string): void {
      sql.exec("DELETE FROM _outbox WHERE target = ? AND kind = ?", target, kind);
      sql.exec(
        "DELETE FROM _dead_payloads WHERE target = ?1 AND seq IN (SELECT seq FROM _dead_letters WHERE target = ?1 AND kind = ?2)",
        target,
        kind,
      );
    },

    /** Makes the messages to a target due now. */
    makeDue: (target: string, now: number): void =>
      void sql.exec("UPDATE _outbox SET due = ? WHERE target = ? AND due > ?", now, target, now),

    /** Adds a dead letter that was not a message of the outbox. */
    addDeadLetter(message: Pick<OutboxMessage, "target" | "kind" | "payload">, failed: FailedWork, now: number): void {
      const { target, kind, payload } = message;
      const values = [target, nextSeq(target), JSON.stringify(payload)];
      const { createdAt, attempts, error } = failed;
      const insert = "INSERT INTO _dead_letters (target, seq, kind, created_at, failed_at, attempts, error)";
      sql.exec(`${insert} VALUES (?, ?, ?4, ?5, ?6, ?7, ?8)`, ...values, kind, createdAt, now, attempts, error);
      sql.exec("INSERT INTO _dead_payloads (target, seq, payload) VALUES (?, ?, ?)", ...values);
      pruneDeadLetters();
    },

    /** Moves a message to the dead letters. */
    moveToDeadLetters({ target, seq, attempts }: StoredOutboxMessage, error: string, now: number): void {
      sql.exec(
        `INSERT OR REPLACE INTO _dead_letters (target, seq, kind, created_at, failed_at, attempts, error)
         SELECT target, seq, kind, created_at, ?, ?, ? FROM _outbox WHERE target = ? AND seq = ?`,
        now,
        attempts + 1,
        error,
        target,
        seq,
      );
      sql.exec(
        `INSERT OR REPLACE INTO _dead_payloads (target, seq, payload, expires_at)
         SELECT target, seq, payload, expires_at FROM _outbox WHERE target = ? AND seq = ?`,
        target,
        seq,
      );
      sql.exec("DELETE FROM _outbox WHERE target = ? AND seq = ?", target, seq);
      pruneDeadLetters();
    },

    deadLetters,

    /** Deletes a dead letter and returns its message; `undefined` if there is none, or its payload is not stored. */
    takeDeadLetter(id: string): OutboxMessage | undefined {
      const dead = deadLetters().find((each) => each.id === id);
      if (!dead) return undefined;
      const { target, seq, kind } = dead;
      const [row] = sql
        .exec("SELECT payload, expires_at FROM _dead_payloads WHERE target = ? AND seq = ?", target, seq)
        .toArray();
      if (!row) return undefined;
      sql.exec("DELETE FROM _dead_letters WHERE target = ? AND seq = ?", target, seq);
      const expiresAt = row["expires_at"] === null ? undefined : Number(row["expires_at"]);
      return { target, kind, payload: JSON.parse(String(row["payload"])) as unknown, expiresAt };
    },
  };
}

function toMessage(row: Record<string, SqlStorageValue>): StoredOutboxMessage {
  return {
    target: String(row["target"]),
    seq: Number(row["seq"]),
    kind: String(row["kind"]),
    // Parsed when it is sent, so that a payload which a newer version stored in another format fails alone.
    get payload(): unknown {
      return JSON.parse(String(row["payload"]));
    },
    expiresAt: row["expires_at"] === null ? undefined : Number(row["expires_at"]),
    attempts: Number(row["attempts"]),
    due: Number(row["due"]),
  };
}
