import type { AuditActor, AuditedAction, AuditedActionFilter, AuditTarget } from "../../shared/audited-action.js";
import type { Caller } from "../../shared/caller.js";
import type { Device } from "../../shared/device.js";
import type { Page } from "../../shared/page.js";
import { frameworkTriggersSql } from "../tables/schema/change-log-sql.js";
import { actionFeedSchema, createActionFeed, type ActionFeedOptions } from "./action-feed.js";
import type { ActionLogOptions } from "./action-log-options.js";
import { parseIdCursor } from "./id-cursor.js";
import { pruneActions } from "./prune-actions.js";

/** An action to record. */
export interface NewAction {
  readonly actor: AuditActor;
  readonly action: string;
  readonly target?: AuditTarget | undefined;
  /** What the action changed, such as the name of a role. */
  readonly detail?: string | undefined;
  readonly reason?: string | undefined;
  /** @default "ok" */
  readonly outcome?: AuditedAction["outcome"] | undefined;
  readonly failure?: string | undefined;
  /** The device of the call, from which the log takes the network if its option `network` is set. */
  readonly device?: Device | undefined;
}

/** The actions of operators, or of the members of an organization. Entries are added and pruned, but never changed. */
export interface ActionLog {
  /** Adds an entry. Call it in the transaction of the action. */
  add(action: NewAction): void;
  /** @throws ReasonedError BAD_REQUEST (CURSOR_INVALID) */
  list(filter: AuditedActionFilter): Page<AuditedAction>;
}

export interface CreateActionLogOptions extends Omit<ActionFeedOptions, "sql" | "readAfter"> {
  readonly sql: SqlStorage;
  readonly options: Required<ActionLogOptions>;
}

const table = `
  CREATE TABLE IF NOT EXISTS _actions (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor_type TEXT NOT NULL,
    actor_id TEXT,
    action TEXT NOT NULL,
    target_type TEXT,
    target_id TEXT,
    detail TEXT,
    reason TEXT,
    outcome TEXT NOT NULL,
    failure TEXT,
    network TEXT
  ) STRICT`;

/** The table of the log. It is logged, so that its list can be live. */
export const actionLogSchema = [
  table,
  actionFeedSchema,
  "CREATE INDEX IF NOT EXISTS _actions_actor ON _actions (actor_id, outcome) WHERE actor_id IS NOT NULL",
  "CREATE INDEX IF NOT EXISTS _actions_target ON _actions (target_id) WHERE target_id IS NOT NULL",
  ...frameworkTriggersSql("_actions"),
].join(";\n");

/** Number of new entries between two prunings. */
const PRUNE_EVERY = 50;
/** Most denied calls of one actor that are recorded in an hour, so that a user cannot fill the log. */
const DENIALS_PER_HOUR = 20;
const HOUR_MS = 60 * 60_000;

export function createActionLog({ sql, options, ...feedOptions }: CreateActionLogOptions): ActionLog {
  const feed = createActionFeed({
    ...feedOptions,
    sql,
    readAfter: (id, limit) =>
      sql.exec("SELECT * FROM _actions WHERE id > ? ORDER BY id LIMIT ?", id, limit).toArray().map(toAction),
  });

  function hasManyDenials(actorId: string, now: number): boolean {
    const { count } = sql
      .exec(
        `SELECT count(*) AS count FROM (
          SELECT at FROM _actions WHERE actor_id = ? AND outcome = 'denied' ORDER BY id DESC LIMIT ?
        ) WHERE at > ?`,
        actorId,
        DENIALS_PER_HOUR,
        now - HOUR_MS,
      )
      .one();
    return Number(count) >= DENIALS_PER_HOUR;
  }

  return {
    add({ actor, action, target, detail, reason, outcome = "ok", failure, device }) {
      const now = Date.now();
      const actorId = actor.type === "user" ? actor.id : null;
      if (outcome === "denied" && actorId !== null && hasManyDenials(actorId, now)) return;
      const { id } = sql
        .exec(
          `INSERT INTO _actions
            (at, actor_type, actor_id, action, target_type, target_id, detail, reason, outcome, failure, network)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
          now,
          actor.type,
          actorId,
          action,
          target?.type ?? null,
          target?.id ?? null,
          detail ?? null,
          reason ?? null,
          outcome,
          failure ?? null,
          options.network ? (device?.network ?? null) : null,
        )
        .one();
      if (Number(id) % PRUNE_EVERY === 0) pruneActions(sql, options, now);
      feed.onAdded();
    },

    list({ limit, cursor, action, actorId, targetId, after, before }) {
      const conditions = ["id < ?", "at >= ?", "at < ?"];
      const values: SqlStorageValue[] = [
        cursor === undefined ? Number.MAX_SAFE_INTEGER : parseIdCursor(cursor),
        after?.getTime() ?? 0,
        before?.getTime() ?? Number.MAX_SAFE_INTEGER,
      ];
      // Only the conditions that are given, so that SQLite uses the index of a condition.
      for (const [column, value] of Object.entries({ action, actor_id: actorId, target_id: targetId })) {
        if (value === undefined) continue;
        conditions.push(`${column} = ?`);
        values.push(value);
      }
      const rows = sql
        .exec(`SELECT * FROM _actions WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT ?`, ...values, limit + 1)
        .toArray();
      const items = rows.slice(0, limit).map(toAction);
      const last = rows.length > limit ? items.at(-1) : undefined;
      return { items, nextCursor: last ? String(last.id) : null };
    },
  };
}

/** The actor of an audited action. Every other caller is refused before. */
export function actorOf(caller: Caller): AuditActor {
  return caller.type === "user" ? { type: "user", id: caller.userId } : { type: "system" };
}

function toAction(row: Record<string, SqlStorageValue>): AuditedAction {
  const text = (name: string): string | undefined => (row[name] === null ? undefined : String(row[name]));
  const targetId = text("target_id");
  const detail = text("detail");
  const failure = text("failure");
  const network = text("network");
  return {
    id: Number(row["id"]),
    at: new Date(Number(row["at"])),
    actor: row["actor_type"] === "user" ? { type: "user", id: String(row["actor_id"]) } : { type: "system" },
    action: String(row["action"]),
    target: targetId === undefined ? null : { type: String(row["target_type"]), id: targetId },
    ...(detail !== undefined && { detail }),
    reason: text("reason") ?? null,
    outcome: row["outcome"] as AuditedAction["outcome"],
    ...(failure !== undefined && { failure }),
    ...(network !== undefined && { network }),
  };
}
