import { v7 as uuidv7 } from "uuid";
import type { RawRow } from "../../tables/codec/sql-value.js";

/** A session as stored in its row. Times are milliseconds since the epoch. */
export interface SessionRow {
  readonly id: string;
  readonly createdAt: number;
  /** When the session was last used, with a precision of a few minutes. */
  readonly lastSeenAt: number;
  /** When the session expires unless it is used before. */
  readonly expiresAt: number;
  /** When the session expires however much it is used. */
  readonly endsAt: number;
  /** The newest generation of the refresh token. */
  readonly generation: number;
  /** When the newest generation was issued. */
  readonly rotatedAt: number;
  /**
   * The newest generation that a client has presented, by its refresh token or by an access token of it. `-1` for none:
   * the session replaced another one, and the reply that carried its tokens may have been lost.
   */
  readonly seen: number;
  /** The id of the session that it replaced, with a new password. */
  readonly replaces: string | undefined;
  /** The label of the device at sign-in. */
  readonly device: string | undefined;
  /** The name that the user gave the session. */
  readonly name: string | undefined;
}

/**
 * Creates the id of a new session: 32 hex digits that sort by the time of creation, so that the Worker can find the newer
 * of two sessions in a browser. The id is not a secret, because tokens are signed.
 */
export function createSessionId(): string {
  return uuidv7().replaceAll("-", "");
}

/**
 * How long a refresh token is still accepted after a client has presented its successor, counted in milliseconds from
 * the rotation: several tabs may refresh at the same time.
 */
export const GRACE_MS = 30_000;

/**
 * Whether a generation of the refresh token is still accepted. The predecessor of the newest is accepted, at any time,
 * until a client has presented the newest: the reply that carried the newest may have been lost.
 */
export function isCurrentGeneration(session: SessionRow, generation: number, now: number): boolean {
  if (generation === session.generation) return true;
  if (generation !== session.generation - 1) return false;
  return session.seen < session.generation || now - session.rotatedAt <= GRACE_MS;
}

/** `data` is the session data of the app, as JSON text. It is deleted with the row. */
export const sessionSchema = `
  CREATE TABLE IF NOT EXISTS _sessions (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    device TEXT,
    name TEXT,
    data TEXT
  ) STRICT, WITHOUT ROWID`;

/**
 * Details that this version added to sessions: the newest generation until a client presents it (`unseen`), and the session
 * that was replaced. These are not columns of `_sessions`: the version before named
 * no columns in its inserts, and could not sign anyone in after a rollback. New columns need a schema step instead. For the same reason a trigger deletes the row with its session.
 *
 * A session of the previous version has no row. Its newest generation counts as seen, because that version did not accept
 * the predecessor either, except within the grace period. A generation that was issued in that period gets a row when
 * the table is created, which is before the trigger exists.
 */
export const sessionDetailSchema: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS _session_details (
    session_id TEXT PRIMARY KEY,
    unseen INTEGER,
    replaces TEXT
  ) STRICT, WITHOUT ROWID`,
  `INSERT INTO _session_details (session_id, unseen)
    SELECT id, generation FROM _sessions
      WHERE generation > 0 AND rotated_at >= unixepoch() * 1000 - ${GRACE_MS}
        AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_session_details_delete')`,
  `CREATE TRIGGER IF NOT EXISTS _session_details_delete AFTER DELETE ON _sessions BEGIN
    DELETE FROM _session_details WHERE session_id = OLD.id;
  END`,
];

/** Selects sessions with their details, for {@link toSession}. The columns are named, because reading all would read the app's data. */
export const SELECT_SESSIONS =
  "SELECT id, created_at, last_seen_at, expires_at, ends_at, generation, rotated_at, device, name, unseen, replaces " +
  "FROM _sessions LEFT JOIN _session_details ON session_id = id";

export function toSession(row: RawRow): SessionRow {
  const [id, createdAt, lastSeenAt, expiresAt, endsAt, generation, rotatedAt, device, name, unseen, replaces] = row;
  return {
    id: String(id),
    createdAt: Number(createdAt),
    lastSeenAt: Number(lastSeenAt),
    expiresAt: Number(expiresAt),
    endsAt: Number(endsAt),
    generation: Number(generation),
    rotatedAt: Number(rotatedAt),
    seen: Number(generation) - (unseen === generation ? 1 : 0),
    replaces: textOf(replaces),
    device: textOf(device),
    name: textOf(name),
  };
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
