/** One sign-in on one device, as its row holds it. Times are milliseconds since the epoch. */
export interface SessionRow {
  readonly id: string;
  readonly createdAt: number;
  /** When it was last used, to within a few minutes. */
  readonly lastSeenAt: number;
  /** When it ends unless it is used before. */
  readonly expiresAt: number;
  /** When it ends in any case. */
  readonly endsAt: number;
  /** Which generation of the refresh token is the newest. */
  readonly generation: number;
  /** When the newest generation replaced the one before. */
  readonly rotatedAt: number;
  /**
   * The newest generation that a client has presented, by its refresh token or by an access token of it. `-1` for none:
   * the session replaced another one, and the reply that carried its tokens may have been lost.
   */
  readonly seen: number;
  /** The id of the session that it replaced, with a new password. */
  readonly replaces: string | undefined;
  /** What the device said it is, when it signed in. */
  readonly device: string | undefined;
  /** What the user calls it. */
  readonly name: string | undefined;
}

/**
 * How long a refresh token is still accepted after a client has presented its successor, counted in milliseconds from
 * the rotation: several tabs may refresh at the same time.
 */
export const GRACE = 30_000;

/**
 * Whether a generation of the refresh token is still accepted. The predecessor of the newest is accepted, at any time,
 * until a client has presented the newest: the reply that carried the newest may have been lost.
 */
export function isCurrentGeneration(session: SessionRow, generation: number, now: number): boolean {
  if (generation === session.generation) return true;
  if (generation !== session.generation - 1) return false;
  return session.seen < session.generation || now - session.rotatedAt <= GRACE;
}

/** `data` is the app's own, as JSON text: it lives in the row, and so dies with it. */
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
    data TEXT,
    seen INTEGER NOT NULL DEFAULT 0,
    replaces TEXT
  ) STRICT, WITHOUT ROWID`;

/**
 * Adds the column `seen` to a table that an earlier version created. Idempotent. A generation that was issued within
 * the grace period counts as unseen; an older one counts as seen, because the earlier version no longer accepted its
 * predecessor.
 */
export function addSeenColumn(sql: SqlStorage): void {
  if (hasColumn(sql, "seen")) return;
  sql.exec("ALTER TABLE _sessions ADD COLUMN seen INTEGER NOT NULL DEFAULT 0");
  sql.exec(
    `UPDATE _sessions SET seen = CASE WHEN rotated_at < ? THEN generation ELSE generation - 1 END
      WHERE generation > 0`,
    Date.now() - GRACE,
  );
}

/** Adds the column `replaces` to a table that an earlier version created. Idempotent. */
export function addReplacesColumn(sql: SqlStorage): void {
  if (!hasColumn(sql, "replaces")) sql.exec("ALTER TABLE _sessions ADD COLUMN replaces TEXT");
}

function hasColumn(sql: SqlStorage, column: string): boolean {
  return sql
    .exec("PRAGMA table_info(_sessions)")
    .toArray()
    .some(({ name }) => name === column);
}

export function toSession(row: Record<string, SqlStorageValue>): SessionRow {
  return {
    id: String(row["id"]),
    createdAt: Number(row["created_at"]),
    lastSeenAt: Number(row["last_seen_at"]),
    expiresAt: Number(row["expires_at"]),
    endsAt: Number(row["ends_at"]),
    generation: Number(row["generation"]),
    rotatedAt: Number(row["rotated_at"]),
    seen: Number(row["seen"]),
    replaces: textOf(row["replaces"]),
    device: textOf(row["device"]),
    name: textOf(row["name"]),
  };
}

export function textOf(value: SqlStorageValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
