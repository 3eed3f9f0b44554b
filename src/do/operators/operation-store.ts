import type { AuditActor } from "../../shared/audited-action.js";
import type { InternalReply, InternalRequest } from "../../shared/internal.js";
import type { OperatorAction, OperatorOutcome } from "../../shared/operator.js";
import type { Success } from "../../shared/result.js";
import { parseName, toName } from "../../shared/owner.js";

/** The reply of the object of a user or an organization. */
export type OperationReply =
  | InternalReply<Extract<InternalRequest, { op: "operate" | "deleteOrganization" }>>
  | Success<OperationOutcome>;

/** The outcome of an action, with the bookmark that undoes a restore. */
export interface OperationOutcome extends OperatorOutcome {
  readonly undoBookmark?: string | undefined;
}

/** The user or the organization that an operator acts on. */
export interface OperationTarget {
  readonly type: "user" | "organization";
  readonly id: string;
}

/** An action of an operator, which the object of its target executes. An organization can be restored and deleted. */
export interface Operation {
  /** Identifies the call of the operator and its repeats. */
  readonly id: string;
  readonly target: OperationTarget;
  readonly action: OperatorAction;
  readonly actor: AuditActor;
  readonly reason: string;
}

/** An operation that the object of its target has not confirmed yet. */
export interface PendingOperation extends Operation {
  /** The attempts so far, including one that a crash may have interrupted. */
  readonly attempts: number;
}

/** The operations of operators. Each is stored before it is sent, so that a crash cannot lose its entry in the log. */
export interface OperationStore {
  /** Returns whether the operation is new. */
  insert(operation: Operation, now: number): boolean;
  /** The reply to an operation; `undefined` while it is pending. */
  replyTo(id: string): OperationReply | undefined;
  /** The pending operations on a target, in order. */
  pending(target: OperationTarget): PendingOperation[];
  /** Counts an attempt, which the alarm repeats unless it is confirmed. */
  startAttempt(id: string, now: number): void;
  postpone(id: string, due: number): void;
  finish(id: string, reply: OperationReply): void;
  /** When the next operation is due. */
  due(): number | undefined;
  /** The targets of operations that are due, the longest due first. */
  dueTargets(now: number, limit: number): OperationTarget[];
}

const DAY_MS = 24 * 60 * 60_000;
/** How long replies are stored for repeats. */
const REPLY_RETENTION_MS = 7 * DAY_MS;
/** How long the call itself has for an operation before the alarm repeats it. */
const CALL_TIMEOUT_MS = 60_000;

export const operationSchema = `
  CREATE TABLE IF NOT EXISTS _operator_operations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    target TEXT NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    due INTEGER,
    attempts INTEGER NOT NULL,
    reply TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS _operator_operations_due ON _operator_operations (due, target) WHERE due IS NOT NULL`;

export function createOperationStore(sql: SqlStorage): OperationStore {
  return {
    insert({ id, target, action, actor, reason }, now) {
      sql.exec("DELETE FROM _operator_operations WHERE due IS NULL AND at < ?", now - REPLY_RETENTION_MS);
      const rows = sql.exec(
        `INSERT INTO _operator_operations (id, target, action, actor, reason, at, due, attempts)
         VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING RETURNING 1`,
        id,
        toName(target),
        JSON.stringify(action),
        JSON.stringify(actor),
        reason,
        now,
        now + CALL_TIMEOUT_MS,
      );
      return rows.toArray().length > 0;
    },
    replyTo(id) {
      const [row] = sql.exec("SELECT reply FROM _operator_operations WHERE id = ?", id).toArray();
      const reply = row?.["reply"];
      return typeof reply === "string" ? (JSON.parse(reply) as OperationReply) : undefined;
    },
    pending: (target) =>
      sql
        .exec("SELECT * FROM _operator_operations WHERE target = ? AND due IS NOT NULL ORDER BY seq", toName(target))
        .toArray()
        .map(toPending),
    startAttempt: (id, now) =>
      void sql.exec(
        "UPDATE _operator_operations SET due = ?, attempts = attempts + 1 WHERE id = ?",
        now + CALL_TIMEOUT_MS,
        id,
      ),
    postpone: (id, due) => void sql.exec("UPDATE _operator_operations SET due = ? WHERE id = ?", due, id),
    finish: (id, reply) =>
      void sql.exec("UPDATE _operator_operations SET due = NULL, reply = ? WHERE id = ?", JSON.stringify(reply), id),
    due() {
      const { due } = sql.exec("SELECT min(due) AS due FROM _operator_operations WHERE due IS NOT NULL").one();
      return due === null ? undefined : Number(due);
    },
    dueTargets: (now, limit) =>
      sql
        .exec(
          "SELECT target FROM _operator_operations WHERE due <= ? GROUP BY target ORDER BY min(due) LIMIT ?",
          now,
          limit,
        )
        .toArray()
        .map(({ target }) => readTarget(target)),
  };
}

function toPending(row: Record<string, SqlStorageValue>): PendingOperation {
  return {
    id: String(row["id"]),
    target: readTarget(row["target"]),
    action: JSON.parse(String(row["action"])) as OperatorAction,
    actor: JSON.parse(String(row["actor"])) as AuditActor,
    reason: String(row["reason"]),
    attempts: Number(row["attempts"]),
  };
}

function readTarget(name: SqlStorageValue | undefined): OperationTarget {
  return parseName(String(name)) as OperationTarget;
}
