import type { UpgradedStorage } from "../tables/schema/framework-schema.js";
import type { Recurrence } from "./next-run.js";

export const scheduleSchema: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS _schedules (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    version TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    cancellable INTEGER NOT NULL,
    cron TEXT,
    time_zone TEXT,
    path TEXT NOT NULL,
    input TEXT NOT NULL
  ) STRICT`,
  "CREATE INDEX IF NOT EXISTS _schedules_run_at ON _schedules (run_at, name)",
];

/** The step of the schema that adds schedules to objects of earlier versions. */
export function createScheduleTable({ sql }: UpgradedStorage): void {
  for (const statement of scheduleSchema) sql.exec(statement);
}

/** A schedule, as it is stored. Times are milliseconds since the epoch. */
export interface StoredSchedule {
  readonly name: string;
  /** Changes when the schedule is replaced, so that the end of an earlier run does not change the new one. */
  readonly version: string;
  /** The time of the next run. */
  readonly dueAt: number;
  /** The time of the next attempt. */
  readonly runAt: number;
  /** Failed attempts for `dueAt`. */
  readonly attempts: number;
  /** How often an operator has retried the run after its last attempt. */
  readonly retries: number;
  readonly cancellable: boolean;
  /** `undefined` if it runs once. */
  readonly recurrence: Recurrence | undefined;
  readonly path: string;
  /** JSON text, as `encodeJson` returns it. */
  readonly input: string;
}

/** A position in the order of the next attempts. */
export interface SchedulePosition {
  readonly runAt: number;
  readonly name: string;
}

export type ScheduleStore = ReturnType<typeof createScheduleStore>;

/** Stores the schedules of an object. */
export function createScheduleStore(sql: SqlStorage) {
  const select = (rest: string, ...values: SqlStorageValue[]): StoredSchedule[] =>
    sql
      .exec(`SELECT * FROM _schedules ${rest}`, ...values)
      .toArray()
      .map(toSchedule);

  return {
    find: (name: string): StoredSchedule | undefined => select("WHERE name = ?", name)[0],

    /** Adds a schedule, or replaces the one with its name. */
    put({ name, recurrence, ...schedule }: StoredSchedule): void {
      sql.exec(
        `INSERT INTO _schedules
           (name, version, due_at, run_at, attempts, retries, cancellable, cron, time_zone, path, input)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET version = excluded.version, due_at = excluded.due_at, run_at = excluded.run_at,
           attempts = excluded.attempts, retries = excluded.retries, cancellable = excluded.cancellable,
           cron = excluded.cron, time_zone = excluded.time_zone, path = excluded.path, input = excluded.input`,
        name,
        schedule.version,
        schedule.dueAt,
        schedule.runAt,
        schedule.attempts,
        schedule.retries,
        Number(schedule.cancellable),
        recurrence?.cron ?? null,
        recurrence?.timeZone ?? null,
        schedule.path,
        schedule.input,
      );
    },

    /** Returns whether the schedule existed. */
    delete: (name: string): boolean => sql.exec("DELETE FROM _schedules WHERE name = ?", name).rowsWritten > 0,

    deleteAll: (): void => void sql.exec("DELETE FROM _schedules"),

    /** Sets the next run of a schedule that repeats. */
    advance: (name: string, dueAt: number): void =>
      void sql.exec(
        "UPDATE _schedules SET due_at = ?1, run_at = ?1, attempts = 0, retries = 0 WHERE name = ?2",
        dueAt,
        name,
      ),

    /** Sets the number of failed attempts, and the time of the next one. */
    postpone: (name: string, runAt: number, attempts: number): void =>
      void sql.exec("UPDATE _schedules SET attempts = ?, run_at = ? WHERE name = ?", attempts, runAt, name),

    /** The schedules whose next attempt is due, the longest due first. */
    due: (now: number, limit: number): StoredSchedule[] =>
      select("WHERE run_at <= ? ORDER BY run_at, name LIMIT ?", now, limit),

    /** The next attempts, without the inputs. */
    next: (limit: number): SchedulePosition[] =>
      sql
        .exec("SELECT run_at, name FROM _schedules ORDER BY run_at, name LIMIT ?", limit)
        .toArray()
        .map((row) => ({ runAt: Number(row["run_at"]), name: String(row["name"]) })),

    page: (after: SchedulePosition | undefined, limit: number): StoredSchedule[] =>
      after
        ? select("WHERE (run_at, name) > (?, ?) ORDER BY run_at, name LIMIT ?", after.runAt, after.name, limit)
        : select("ORDER BY run_at, name LIMIT ?", limit),

    /** Whether there are this many schedules. Counts them only if their ids show that there may be. */
    hasReached(limit: number): boolean {
      const { span } = sql.exec("SELECT ifnull(max(id) - min(id) + 1, 0) AS span FROM _schedules").one();
      return (
        Number(span) >= limit && Number(sql.exec("SELECT count(*) AS count FROM _schedules").one()["count"]) >= limit
      );
    },
  };
}

function toSchedule(row: Record<string, SqlStorageValue>): StoredSchedule {
  const { cron, time_zone: timeZone } = row;
  return {
    name: String(row["name"]),
    version: String(row["version"]),
    dueAt: Number(row["due_at"]),
    runAt: Number(row["run_at"]),
    attempts: Number(row["attempts"]),
    retries: Number(row["retries"]),
    cancellable: row["cancellable"] === 1,
    recurrence: cron === null || cron === undefined ? undefined : { cron: String(cron), timeZone: String(timeZone) },
    path: String(row["path"]),
    input: String(row["input"]),
  };
}
