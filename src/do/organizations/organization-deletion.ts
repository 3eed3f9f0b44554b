import { toName } from "../../shared/owner.js";
import type { LastCalls } from "../idempotency/last-calls.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { Invitations } from "./invitations.js";
import { messageTo } from "./organization-messages.js";
import type { OrganizationDeps } from "./organization-deps.js";

export const organizationDeletionSchema =
  "CREATE TABLE IF NOT EXISTS _deletion (only INTEGER PRIMARY KEY CHECK (only = 1), next_at INTEGER NOT NULL) STRICT";

const RETRY_MS = 60_000;
/** Longer than the outbox retries any message. */
const TOMBSTONE_MS = 3 * 24 * 60 * RETRY_MS;
const TOMBSTONE = "userdo:deleted";

export interface OrganizationDeletionOptions {
  readonly deps: OrganizationDeps;
  readonly invitations: () => Invitations;
  readonly storage: DurableObjectStorage;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Called in the transaction that deletes the organization. */
  readonly onDelete: () => void;
  /** Deletes all storage, and then runs `keep`, whose writes stay. */
  readonly erase: (keep: () => void) => Promise<void>;
  /** The calls with idempotency keys that deleted the organization. */
  readonly lastCalls: Pick<LastCalls, "take" | "delete">;
  /** Returns what an erased object stores about a restore that was prepared; `undefined` for most. */
  readonly keepDeletedRestore: () => (() => void) | undefined;
}

/**
 * Deletes an organization in two steps. One transaction deletes the organization and its members, and posts the messages
 * to other objects. After they are delivered, all storage is deleted except a tombstone. For a few days it prevents that a
 * repeated message creates the organization again.
 */
export function createOrganizationDeletion(options: OrganizationDeletionOptions) {
  const { deps, invitations, storage, isInitialized, alarms, erase, lastCalls, keepDeletedRestore, onDelete } = options;
  const { organizationId, organizations, members, leases, memberRoles, outbox, onMemberEnd } = deps;
  const { sql, kv } = storage;

  let deleted = kv.get(TOMBSTONE) !== undefined;

  const nextAt = (): number | undefined => {
    const [row] = isInitialized() ? sql.exec("SELECT next_at FROM _deletion").toArray() : [];
    return row && Number(row["next_at"]);
  };

  async function finish(): Promise<void> {
    if (nextAt() === undefined) return;
    if (outbox.countPending() > 0) {
      sql.exec("UPDATE _deletion SET next_at = ?", Date.now() + RETRY_MS);
      return alarms.arm();
    }
    deleted = true;
    const keepLastCalls = lastCalls.take();
    const keepRestore = keepDeletedRestore();
    await erase(() => {
      keepLastCalls();
      keepRestore?.();
      kv.put(TOMBSTONE, Date.now() + TOMBSTONE_MS);
      alarms.arm();
    });
  }

  alarms.register({ name: "deletion", due: nextAt, run: finish });
  alarms.register({
    name: "deleted",
    due: () => (isInitialized() ? undefined : kv.get<number>(TOMBSTONE)),
    run() {
      kv.delete(TOMBSTONE);
      lastCalls.delete();
      deleted = false;
    },
  });

  return {
    /** Whether an organization was deleted here a short time ago. */
    wasDeleted: (): boolean => deleted,

    /** Whether the organization is deleted, and its last messages are not delivered yet. */
    isUnderWay: (): boolean => nextAt() !== undefined,

    /** Call it inside a transaction. */
    begin(): void {
      invitations().withdrawAll();
      for (const { userId } of members.list()) {
        outbox.post(messageTo(toName({ type: "user", id: userId }), "left", { organizationId }));
        onMemberEnd(userId);
      }
      members.deleteAll();
      leases.deleteAll();
      memberRoles.deleteAll();
      organizations.delete();
      onDelete();
      deps.directory.remove();
      sql.exec("INSERT OR IGNORE INTO _deletion (only, next_at) VALUES (1, ?)", Date.now());
      alarms.arm();
    },

    finish,
  };
}

export type OrganizationDeletion = ReturnType<typeof createOrganizationDeletion>;
