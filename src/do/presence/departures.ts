import { readRaw } from "../tables/codec/sql-value.js";

/**
 * Connections that were lost, until their grace period ends. Other connections have no rows. The primary key finds those of a user and
 * of a session without a scan, because many people may reconnect at the same time.
 */
export const departuresSchema = `
  CREATE TABLE IF NOT EXISTS _presence_departures (
    user TEXT NOT NULL,
    session TEXT NOT NULL,
    connection TEXT NOT NULL,
    state TEXT,
    since INTEGER NOT NULL,
    leaves_at INTEGER NOT NULL,
    PRIMARY KEY (user, session, connection)
  ) STRICT, WITHOUT ROWID`;

/** A lost connection. */
export interface Departure {
  readonly connection: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly state: string | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

const COLUMNS = "connection, user, session, state, since";
const ADD = `INSERT OR IGNORE INTO _presence_departures (${COLUMNS}, leaves_at) VALUES (?, ?, ?, ?, ?, ?)`;
const OF_SESSION = `SELECT ${COLUMNS} FROM _presence_departures WHERE user = ? AND session = ? ORDER BY leaves_at LIMIT 1`;

const DELETE = "DELETE FROM _presence_departures WHERE user = ? AND session = ? AND connection = ?";

export function createDepartures(sql: SqlStorage) {
  const usersOf = (rows: readonly (readonly unknown[])[]): string[] => [...new Set(rows.map(([user]) => String(user)))];

  return {
    add({ connection, userId, sessionId, state, since }: Departure, leavesAt: number): void {
      sql.exec(ADD, connection, userId, sessionId, state ?? null, since, leavesAt);
    },

    /** Deletes the earliest departure of a session and returns it, because the session has connected again. */
    take(userId: string, sessionId: string): Departure | undefined {
      const [row] = readRaw(sql, OF_SESSION, [userId, sessionId]);
      if (!row) return undefined;
      const departure = toDeparture(row);
      sql.exec(DELETE, userId, sessionId, departure.connection);
      return departure;
    },

    isEmpty: (): boolean => readRaw(sql, "SELECT 1 FROM _presence_departures LIMIT 1").length === 0,

    /** @param userId limits the departures to a user */
    list(userId?: string): Departure[] {
      const rows =
        userId === undefined
          ? readRaw(sql, `SELECT ${COLUMNS} FROM _presence_departures`)
          : readRaw(sql, `SELECT ${COLUMNS} FROM _presence_departures WHERE user = ?`, [userId]);
      return rows.map(toDeparture);
    },

    /** Returns when the first grace period ends, in milliseconds since the epoch. */
    nextEnd(): number | undefined {
      const [row] = readRaw(sql, "SELECT min(leaves_at) FROM _presence_departures");
      return row?.[0] == null ? undefined : Number(row[0]);
    },

    /** Deletes the departures with a grace period that has ended, and returns their users. */
    deleteEnded: (now: number): string[] =>
      usersOf(readRaw(sql, "DELETE FROM _presence_departures WHERE leaves_at <= ? RETURNING user", [now])),

    /** Deletes the departures of a user or of a session, and returns their users. */
    deleteOf: (column: "user" | "session", id: string): string[] =>
      usersOf(readRaw(sql, `DELETE FROM _presence_departures WHERE ${column} = ? RETURNING user`, [id])),
  };
}

function toDeparture([connection, user, session, state, since]: readonly unknown[]): Departure {
  return {
    connection: String(connection),
    userId: String(user),
    sessionId: String(session),
    state: state == null ? undefined : String(state),
    since: Number(since),
  };
}
