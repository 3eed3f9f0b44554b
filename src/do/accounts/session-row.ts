/** One sign-in on one device, as its row holds it. Times are milliseconds since the epoch. */
export interface SessionRow {
  readonly id: string;
  readonly createdAt: number;
  /** When it was last used, to within a few minutes. */
  readonly lastSeenAt: number;
  /** When it ends unless it is refreshed before. */
  readonly expiresAt: number;
  /** When it ends in any case. */
  readonly endsAt: number;
  /** Which generation of the refresh token is the newest. */
  readonly generation: number;
  /** When the newest generation replaced the one before. */
  readonly rotatedAt: number;
  /** What the device said it is, when it signed in. */
  readonly device: string | undefined;
  /** What the user calls it. */
  readonly name: string | undefined;
}

/**
 * So long after its replacement, in milliseconds, the last refresh token is still good for the same successor: tabs
 * refresh together.
 */
export const GRACE = 30_000;

/** Whether a generation of the refresh token is the newest, or was until a moment ago. */
export function isCurrentGeneration(session: SessionRow, generation: number, now: number): boolean {
  if (generation === session.generation) return true;
  return generation === session.generation - 1 && now - session.rotatedAt <= GRACE;
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
    data TEXT
  ) STRICT, WITHOUT ROWID`;

export function toSession(row: Record<string, SqlStorageValue>): SessionRow {
  return {
    id: String(row["id"]),
    createdAt: Number(row["created_at"]),
    lastSeenAt: Number(row["last_seen_at"]),
    expiresAt: Number(row["expires_at"]),
    endsAt: Number(row["ends_at"]),
    generation: Number(row["generation"]),
    rotatedAt: Number(row["rotated_at"]),
    device: textOf(row["device"]),
    name: textOf(row["name"]),
  };
}

export function textOf(value: SqlStorageValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
