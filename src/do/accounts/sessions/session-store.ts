import { readRaw } from "../../tables/codec/sql-value.js";
import { recordRow } from "../../tables/reads/record-rows.js";
import type { SessionOptions } from "./session-options.js";
import {
  createSessionId,
  GRACE_MS,
  isCurrentGeneration,
  SELECT_SESSIONS,
  textOf,
  toSession,
  type SessionRow,
} from "./session-row.js";

/** Stores the sessions of one user. A token is valid only while its session has a row. */
export interface SessionStore {
  create(now: number, device: string | undefined): SessionRow;
  /** Returns the session, unless it has ended. */
  findActive(id: string, now: number): SessionRow | undefined;
  /**
   * Records that a session is in use: `lastSeenAt` moves, and the idle time starts again. It costs a write, so it does
   * nothing within five minutes (or a tenth of the idle time, if that is shorter) of the last record.
   *
   * @returns the session as it is now
   */
  touch(session: SessionRow, now: number): SessionRow;
  /** Returns false if `touch` would not write. Returns true for a session that is not cached. */
  isTouchDue(id: string, now: number): boolean;
  /**
   * Records that a client presented a token of this generation. It costs one write per generation, and nothing for a
   * generation that is not the newest, or for `undefined`.
   */
  confirm(session: SessionRow, generation: number | undefined): void;
  /**
   * Returns the session if it accepts this generation of its refresh token, and confirms the generation. `"reused"` if
   * the generation was exchanged and a client has presented its successor: this ends the session. `undefined` if the
   * session does not exist or has expired.
   */
  present(id: string, generation: number, now: number): SessionRow | "reused" | undefined;
  /**
   * Exchanges a generation of the refresh token, and otherwise returns what `present` does. The predecessor of the
   * newest generation gets the same successor again.
   */
  rotate(id: string, generation: number, now: number): SessionRow | "reused" | undefined;
  /**
   * Gives a session a new id after a change of the password, so that the old id is no longer valid. Device, name, data and
   * absolute end stay. `undefined` if the session does not exist.
   */
  replace(id: string, now: number): SessionRow | undefined;
  /**
   * The session that replaced another one, until a client presents a token of it: the reply that carried its tokens may
   * have been lost.
   */
  successorOf(id: string, now: number): SessionRow | undefined;
  /**
   * Whether a session got a new id that its client may not know yet: it was replaced a moment ago, so that calls with the
   * old id may still be on their way, or no client has presented a token of the new id.
   */
  wasReplaced(id: string, now: number): boolean;
  /** Lists the active sessions, the last used first. */
  list(now: number): SessionRow[];
  /** Returns whether the session exists. */
  rename(id: string, name: string, now: number): boolean;
  /** Returns whether the session existed. */
  delete(id: string): boolean;
  /** Ends all sessions but one, or all, and returns their ids. */
  deleteAllExcept(id: string | undefined): string[];
  /** Ends the sessions beyond the limit, but never the given one, and returns their ids. */
  deleteExcess(kept: string): string[];
  /** The session data of the app, as text; `undefined` if there is none. */
  readData(id: string): string | undefined;
  writeData(id: string, data: string | null): void;
  /** Clears the cache, because other code may have written. */
  clearCache(): void;
}

/** Precision of `lastSeenAt`, in milliseconds. */
const SEEN_INTERVAL_MS = 5 * 60_000;

/** How old a rotation may be, in milliseconds, before repeating it starts the grace period again. Saves writes. */
const RENEW_GRACE_AFTER_MS = GRACE_MS / 2;

/**
 * @param onEnd called synchronously with the ids of sessions that end before they expire
 * @param onUse called synchronously after a use of a session was recorded
 */
export function createSessionStore(
  sql: SqlStorage,
  options: Required<SessionOptions>,
  onEnd: (ids: readonly string[]) => void = () => {},
  onUse: (now: number) => void = () => {},
): SessionStore {
  const idle = options.idle * 1000;
  // A short idle time must not pass between two records of a session that is in use.
  const seenEvery = Math.min(SEEN_INTERVAL_MS, idle / 10);
  /** When sessions were replaced. In memory, because it concerns concurrent calls only. */
  const replaced = new Map<string, number>();
  // Every call and every event reads a session, so rows are cached until the next write.
  const cache = new Map<string, SessionRow>();

  const write = (
    statement: string,
    ...values: SqlStorageValue[]
  ): SqlStorageCursor<Record<string, SqlStorageValue>> => {
    cache.clear();
    return sql.exec(statement, ...values);
  };

  function read(id: string): SessionRow | undefined {
    const [row] = readRaw(sql, `${SELECT_SESSIONS} WHERE id = ?`, [id]);
    return row && toSession(row);
  }

  function insert(session: SessionRow, data?: string): void {
    write(
      `INSERT INTO _sessions
        (id, created_at, last_seen_at, expires_at, ends_at, generation, rotated_at, device, name, data)
        VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)`,
      session.id,
      session.createdAt,
      session.lastSeenAt,
      session.expiresAt,
      session.endsAt,
      session.rotatedAt,
      session.device ?? null,
      session.name ?? null,
      data ?? null,
    );
  }

  function reportEnded(rows: SqlStorageCursor<Record<string, SqlStorageValue>>): string[] {
    const ids = rows.toArray().map(({ id }) => String(id));
    if (ids.length > 0) onEnd(ids);
    return ids;
  }

  function accept(id: string, generation: number, now: number): SessionRow | "reused" | undefined {
    const session = store.findActive(id, now);
    if (!session || isCurrentGeneration(session, generation, now)) return session;
    // Two clients have tokens of one session, and either can be the thief, so both are signed out.
    store.delete(id);
    return "reused";
  }

  const store: SessionStore = {
    create(now, device) {
      const endsAt = now + options.absolute * 1000;
      const session: SessionRow = {
        id: createSessionId(),
        createdAt: now,
        lastSeenAt: now,
        expiresAt: Math.min(now + idle, endsAt),
        endsAt,
        generation: 0,
        rotatedAt: now,
        seen: 0,
        replaces: undefined,
        device,
        name: undefined,
      };
      // Expired sessions are pruned here and not by the alarm, because only a sign-in adds rows.
      write("DELETE FROM _sessions WHERE expires_at <= ?", now);
      insert(session);
      onUse(now);
      return session;
    },

    findActive(id, now) {
      const cached = cache.get(id);
      const session = cached ?? read(id);
      if (!session || session.expiresAt <= now) return undefined;
      if (!cached) cache.set(id, session);
      return session;
    },

    touch(session, now) {
      if (now - session.lastSeenAt < seenEvery) return session;
      const next = { ...session, lastSeenAt: now, expiresAt: Math.min(now + idle, session.endsAt) };
      write("UPDATE _sessions SET last_seen_at = ?, expires_at = ? WHERE id = ?", now, next.expiresAt, session.id);
      onUse(now);
      return next;
    },

    isTouchDue(id, now) {
      const session = cache.get(id);
      return session === undefined || now - session.lastSeenAt >= seenEvery;
    },

    confirm(session, generation) {
      if (generation !== session.generation || session.seen >= generation) return;
      write("UPDATE _session_details SET unseen = NULL WHERE session_id = ? AND unseen = ?", session.id, generation);
    },

    present(id, generation, now) {
      const session = accept(id, generation, now);
      if (session && session !== "reused") store.confirm(session, generation);
      return session;
    },

    rotate(id, generation, now) {
      const session = accept(id, generation, now);
      if (!session || session === "reused") return session;
      const isRepeat = generation < session.generation;
      // After a lost reply, the grace period starts again: the tabs that refresh now must all get the successor.
      if (isRepeat && (session.seen >= session.generation || now - session.rotatedAt <= RENEW_GRACE_AFTER_MS))
        return session;
      const expiresAt = Math.min(now + idle, session.endsAt);
      const next = {
        ...session,
        generation: generation + 1,
        seen: generation,
        rotatedAt: now,
        lastSeenAt: now,
        expiresAt,
      };
      write(
        "UPDATE _sessions SET generation = ?, rotated_at = ?, last_seen_at = ?, expires_at = ? WHERE id = ?",
        next.generation,
        now,
        now,
        next.expiresAt,
        id,
      );
      write(
        `INSERT INTO _session_details (session_id, unseen) VALUES (?, ?)
          ON CONFLICT (session_id) DO UPDATE SET unseen = excluded.unseen`,
        id,
        next.generation,
      );
      onUse(now);
      return next;
    },

    replace(id, now) {
      const session = store.findActive(id, now);
      if (!session) return undefined;
      const data = store.readData(id);
      store.delete(id);
      replaced.clear();
      replaced.set(id, now);
      const next = {
        ...session,
        id: createSessionId(),
        generation: 0,
        seen: -1,
        replaces: id,
        rotatedAt: now,
        lastSeenAt: now,
      };
      insert(next, data);
      write("INSERT INTO _session_details (session_id, unseen, replaces) VALUES (?, 0, ?)", next.id, id);
      return next;
    },

    successorOf(id, now) {
      const [row] = readRaw(sql, `${SELECT_SESSIONS} WHERE replaces = ? AND unseen = 0`, [id]);
      const session = row && toSession(row);
      return session && session.seen === -1 && session.expiresAt > now ? session : undefined;
    },

    wasReplaced: (id, now) =>
      now - (replaced.get(id) ?? Number.NEGATIVE_INFINITY) <= GRACE_MS || store.successorOf(id, now) !== undefined,

    list: (now) =>
      readRaw(sql, `${SELECT_SESSIONS} WHERE expires_at > ? ORDER BY last_seen_at DESC, created_at DESC, id`, [
        now,
      ]).map(toSession),

    rename: (id, name, now) =>
      write("UPDATE _sessions SET name = ? WHERE id = ? AND expires_at > ?", name, id, now).rowsWritten > 0,

    delete: (id) => reportEnded(write("DELETE FROM _sessions WHERE id = ? RETURNING id", id)).length > 0,

    deleteAllExcept: (id) => reportEnded(write("DELETE FROM _sessions WHERE id IS NOT ? RETURNING id", id ?? null)),

    deleteExcess: (kept) =>
      reportEnded(
        write(
          `DELETE FROM _sessions WHERE id IN (
            SELECT id FROM _sessions ORDER BY id = ? DESC, last_seen_at DESC, created_at DESC, id LIMIT -1 OFFSET ?
          ) RETURNING id`,
          kept,
          options.limit,
        ),
      ),

    readData(id) {
      const [row] = recordRow("_sessions", id, () => sql.exec("SELECT data FROM _sessions WHERE id = ?", id).toArray());
      return textOf(row?.["data"]);
    },

    clearCache: () => cache.clear(),

    writeData: (id, data) => void write("UPDATE _sessions SET data = ? WHERE id = ?", data, id),
  };
  return store;
}
