import { checkNumber, checkOptionNames, withDefaultOptions, MAX_DURATION_SECONDS } from "../../shared/check-options.js";
import type { AuditAction, AuditEntry, AuditFilter } from "../../shared/audit.js";
import type { Device } from "../../shared/device.js";
import type { Page } from "../../shared/page.js";
import { parseIdCursor } from "../audit/id-cursor.js";
import { pruneAudit } from "./audit-retention.js";

/** The session and device that an audited action came from. */
export interface ActingSession {
  readonly sessionId: string | undefined;
  readonly device: Device;
}

/** How long and how many entries of the audit log are stored. */
export interface AuditOptions {
  /**
   * How long entries are stored, in seconds.
   * @default 31536000 (365 days)
   */
  readonly maxAge?: number;
  /**
   * Maximum number of entries. A thirtieth is reserved for the newest entries of each action and outcome. Beyond the maximum,
   * entries of actions that can be repeated without limit, such as exports, are deleted first, then the oldest.
   * @default 10000
   */
  readonly maxEntries?: number;
  /**
   * Whether entries contain the network of the caller: the IPv4 address, or the first 64 bits of the IPv6 address.
   * @default false
   */
  readonly network?: boolean;
}

export interface AuditEvent {
  readonly action: AuditAction;
  readonly outcome: "ok" | "failed";
  readonly sessionId?: string | undefined;
  readonly device: Device;
}

export const auditSchema = `
  CREATE TABLE IF NOT EXISTS _audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    session_id TEXT,
    request_id TEXT,
    network TEXT
  ) STRICT`;

export const auditDefaults: Required<AuditOptions> = {
  maxAge: 365 * 24 * 60 * 60,
  maxEntries: 10_000,
  network: false,
};

/** Shorter retention would make the log useless, and a number this small is probably meant as days. */
const MIN_AGE_SECONDS = 3_600;

/**
 * Fills in the defaults.
 *
 * @throws Error that names the option which could not take effect
 */
export function auditOptions(given: AuditOptions = {}): Required<AuditOptions> {
  checkOptionNames("audit", given, { maxAge: true, maxEntries: true, network: true });
  const filled = withDefaultOptions(auditDefaults, given);
  checkNumber("audit.maxAge", filled.maxAge, { min: MIN_AGE_SECONDS, max: MAX_DURATION_SECONDS, isWhole: false });
  checkNumber("audit.maxEntries", filled.maxEntries);
  if (typeof filled.network === "boolean") return filled;
  throw new Error("audit.network is not a boolean. Use true or false.");
}

/** Events of an account that its user can list. Entries are added and pruned, but never changed. */
export interface AuditLog {
  add(event: AuditEvent): void;
  /** @throws ReasonedError BAD_REQUEST (CURSOR_INVALID) */
  list(filter: AuditFilter): Page<AuditEntry>;
}

/** Number of new entries between two prunings. Pruning reads the whole index. */
const PRUNE_EVERY = 50;

export function createAuditLog(sql: SqlStorage, options: Required<AuditOptions>): AuditLog {
  return {
    add({ action, outcome, sessionId, device }) {
      const now = Date.now();
      const { id } = sql
        .exec(
          "INSERT INTO _audit (at, action, outcome, session_id, request_id, network) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
          now,
          action,
          outcome,
          sessionId ?? null,
          device.requestId ?? null,
          options.network ? (device.network ?? null) : null,
        )
        .one();
      if (Number(id) % PRUNE_EVERY === 0) pruneAudit(sql, options, now);
    },

    list({ limit, cursor, from, to, action }) {
      const rows = sql
        .exec(
          `SELECT * FROM _audit
           WHERE id < ? AND at >= ? AND at < ? AND (?4 IS NULL OR action = ?4)
           ORDER BY id DESC LIMIT ?5`,
          cursor === undefined ? Number.MAX_SAFE_INTEGER : parseIdCursor(cursor),
          from?.getTime() ?? 0,
          to?.getTime() ?? Number.MAX_SAFE_INTEGER,
          action ?? null,
          limit + 1,
        )
        .toArray();
      const items = rows.slice(0, limit).map(toEntry);
      const last = rows.length > limit ? items.at(-1) : undefined;
      return { items, nextCursor: last ? String(last.id) : null };
    },
  };
}

function toEntry(row: Record<string, SqlStorageValue>): AuditEntry {
  const text = (name: string): string | undefined => (row[name] === null ? undefined : String(row[name]));
  return {
    id: Number(row["id"]),
    at: new Date(Number(row["at"])),
    action: String(row["action"]) as AuditAction,
    outcome: row["outcome"] === "ok" ? "ok" : "failed",
    sessionId: text("session_id"),
    requestId: text("request_id"),
    network: text("network"),
  };
}
