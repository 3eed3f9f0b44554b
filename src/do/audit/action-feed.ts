import type { Env } from "../../router/env.js";
import type { AuditedAction } from "../../shared/audited-action.js";
import type { Owner } from "../../shared/owner.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { within } from "../lifecycle/within.js";

/** The last entry that the hook `onAudit` has received: one row. */
export const actionFeedSchema = `
  CREATE TABLE IF NOT EXISTS _action_feed (
    only INTEGER PRIMARY KEY CHECK (only = 1), delivered INTEGER NOT NULL, due INTEGER
  ) STRICT;
  INSERT OR IGNORE INTO _action_feed (only, delivered) VALUES (1, 0)`;

/** New entries of the audit log of the app or of an organization. */
export interface AuditEvent {
  /** The app (`{ type: "app", id: "main" }`) or the organization to which the log belongs. */
  readonly owner: Owner;
  /** The entries, the oldest first. `id` is unique within the log. */
  readonly actions: readonly AuditedAction[];
  readonly env: Env;
}

/** The option `onAudit` of `createUserDO`. */
export type OnAudit = (event: AuditEvent) => void | Promise<void>;

export interface ActionFeedOptions {
  readonly sql: SqlStorage;
  /** The entries after an id, the oldest first. */
  readonly readAfter: (id: number, limit: number) => AuditedAction[];
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Passes entries to the hook of the app, the oldest first; `undefined` if the app has no hook. */
  readonly deliver: ((actions: readonly AuditedAction[]) => void | Promise<void>) | undefined;
}

/** Most entries that the hook receives at once. */
const BATCH = 100;
/** When the alarm delivers entries that were not delivered right after they were added, in milliseconds. */
const RETRY_MS = 10_000;
/** Ten times as long as a slow store needs. Other tasks of the object's alarm wait for the hook. */
const HOOK_TIMEOUT_MS = 30_000;

/**
 * Passes the entries of an audit log to the app's hook `onAudit`, in order and at least once: right after they were added, and by
 * the alarm if that fails, is interrupted or takes too long.
 */
export function createActionFeed({ sql, readAfter, isInitialized, alarms, deliver }: ActionFeedOptions) {
  /** The delivery that is running. The hook receives one batch at a time. */
  let running: Promise<void> | undefined;
  const read = () => sql.exec("SELECT delivered, due FROM _action_feed").one();

  async function deliverAll(): Promise<void> {
    for (;;) {
      const actions = deliver && isInitialized() ? readAfter(Number(read()["delivered"]), BATCH) : [];
      const last = actions.at(-1);
      if (!last) break;
      await within(HOOK_TIMEOUT_MS, deliver?.(actions));
      // The object can be erased while the hook runs.
      if (!isInitialized()) return;
      sql.exec("UPDATE _action_feed SET delivered = ?", last.id);
    }
    if (isInitialized()) sql.exec("UPDATE _action_feed SET due = NULL");
  }

  const deliverOnce = (): Promise<void> => (running ??= deliverAll().finally(() => (running = undefined)));

  alarms.register({
    name: "onAudit",
    due() {
      const due = isInitialized() && deliver ? read()["due"] : null;
      return due === null ? undefined : Number(due);
    },
    run: deliverOnce,
  });

  return {
    /** Delivers new entries after the transaction that adds them. Call it in that transaction. */
    onAdded(): void {
      if (!deliver) return;
      sql.exec("UPDATE _action_feed SET due = ? WHERE due IS NULL", Date.now() + RETRY_MS);
      alarms.arm();
      // In a microtask, which runs after the transaction. If it was rolled back, there is nothing to deliver.
      void Promise.resolve()
        .then(deliverOnce)
        .then(alarms.arm)
        // The alarm tries again, and reports the error.
        .catch(() => {});
    },
  };
}
