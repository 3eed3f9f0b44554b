import { randomId } from "../../shared/email-index.js";
import type { SessionLifetimes } from "./session-lifetimes.js";

/** One sign-in on one device. Times are milliseconds since the epoch. */
export interface SessionRow {
  readonly id: string;
  readonly createdAt: number;
  /** When it ends unless it is refreshed before. */
  readonly expiresAt: number;
  /** When it ends in any case. */
  readonly endsAt: number;
  /** Which generation of the refresh token is the newest. */
  readonly generation: number;
  /** When the newest generation replaced the one before. */
  readonly rotatedAt: number;
}

/** The sessions of one user. A session is a row: without one, no token is worth anything. */
export interface SessionStore {
  create(now: number): SessionRow;
  /** The session, unless it is over. */
  alive(id: string, now: number): SessionRow | undefined;
  /** Exchanges a generation of the refresh token; `undefined` when there is no such session, or no more. */
  rotate(id: string, generation: number, now: number): SessionRow | undefined;
  remove(id: string): void;
}

/** How long after its replacement the last refresh token still yields the same successor: tabs refresh together. */
const GRACE = 30_000;

export const sessionSchema = `
  CREATE TABLE _sessions (
    id TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

export function createSessionStore(sql: SqlStorage, lifetimes: Required<SessionLifetimes>): SessionStore {
  const idle = lifetimes.idle * 1000;

  const store: SessionStore = {
    create(now) {
      const endsAt = now + lifetimes.absolute * 1000;
      const expiresAt = Math.min(now + idle, endsAt);
      const session = { id: randomId(), createdAt: now, expiresAt, endsAt, generation: 0, rotatedAt: now };
      // Ended sessions are swept here rather than by alarm: nothing but signing in adds rows.
      sql.exec("DELETE FROM _sessions WHERE expires_at <= ?", now);
      sql.exec("INSERT INTO _sessions VALUES (?, ?, ?, ?, 0, ?)", session.id, now, expiresAt, endsAt, now);
      return session;
    },

    alive(id, now) {
      const [row] = sql.exec("SELECT * FROM _sessions WHERE id = ? AND expires_at > ?", id, now).toArray();
      return row && toSession(row);
    },

    rotate(id, generation, now) {
      const session = store.alive(id, now);
      if (!session) return undefined;
      const isLast = generation === session.generation - 1;
      if (isLast && now - session.rotatedAt <= GRACE) return session;
      if (generation !== session.generation) {
        // An old token that turns up again was copied by somebody. Nobody can tell who is who, so both are out.
        store.remove(id);
        return undefined;
      }
      const next = {
        ...session,
        generation: generation + 1,
        rotatedAt: now,
        expiresAt: Math.min(now + idle, session.endsAt),
      };
      sql.exec(
        "UPDATE _sessions SET generation = ?, rotated_at = ?, expires_at = ? WHERE id = ?",
        next.generation,
        now,
        next.expiresAt,
        id,
      );
      return next;
    },

    remove(id) {
      sql.exec("DELETE FROM _sessions WHERE id = ?", id);
    },
  };
  return store;
}

function toSession(row: Record<string, SqlStorageValue>): SessionRow {
  return {
    id: String(row["id"]),
    createdAt: Number(row["created_at"]),
    expiresAt: Number(row["expires_at"]),
    endsAt: Number(row["ends_at"]),
    generation: Number(row["generation"]),
    rotatedAt: Number(row["rotated_at"]),
  };
}
