import { toName } from "../../shared/owner.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { Invitations } from "./invitations.js";
import { messageTo } from "./organization-messages.js";
import type { OrganizationDeps } from "./organization-deps.js";

export const organizationDeletionSchema =
  "CREATE TABLE IF NOT EXISTS _deletion (only INTEGER PRIMARY KEY CHECK (only = 1), next_at INTEGER NOT NULL) STRICT";

const RETRY_MS = 60_000;
/** Longer than any letter is tried to be delivered. */
const TOMBSTONE_MS = 3 * 24 * 60 * RETRY_MS;
const TOMBSTONE = "userdo:deleted";

export interface OrganizationDeletionOptions {
  readonly deps: OrganizationDeps;
  readonly invitations: () => Invitations;
  readonly storage: DurableObjectStorage;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Takes the object back to before its birth, and leaves what is written then. */
  readonly erase: (leave: () => void) => Promise<void>;
}

/**
 * The end of an organization, in two steps. First, in one transaction: there is no organization and no member any more,
 * and the outbox has what others must be told. Then, once they have been: nothing is left but the note, for a while,
 * that there was one, so that a letter of its birth that comes again does not bring it back.
 */
export function createOrganizationDeletion(options: OrganizationDeletionOptions) {
  const { deps, invitations, storage, isInitialized, alarms, erase } = options;
  const { organizationId, organizations, members, leases, outbox, onMemberEnd } = deps;
  const { sql, kv } = storage;

  let deleted = kv.get(TOMBSTONE) !== undefined;

  const nextAt = (): number | undefined => {
    const [row] = isInitialized() ? sql.exec("SELECT next_at FROM _deletion").toArray() : [];
    return row && Number(row["next_at"]);
  };

  async function finish(): Promise<void> {
    if (nextAt() === undefined) return;
    if (outbox.waiting() > 0) {
      sql.exec("UPDATE _deletion SET next_at = ?", Date.now() + RETRY_MS);
      return alarms.arm();
    }
    deleted = true;
    await erase(() => {
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
      deleted = false;
    },
  });

  return {
    /** Whether there was an organization here. */
    wasDeleted: (): boolean => deleted,

    /** Call it inside a transaction. */
    begin(): void {
      invitations().withdrawAll();
      for (const { userId } of members.list()) {
        outbox.post(messageTo(toName({ type: "user", id: userId }), "left", { organizationId }));
        onMemberEnd(userId);
      }
      members.deleteAll();
      leases.deleteAll();
      organizations.delete();
      sql.exec("INSERT OR IGNORE INTO _deletion (only, next_at) VALUES (1, ?)", Date.now());
      alarms.arm();
    },

    finish,
  };
}

export type OrganizationDeletion = ReturnType<typeof createOrganizationDeletion>;
