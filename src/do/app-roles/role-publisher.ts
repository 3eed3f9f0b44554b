import type { RoleChange } from "../../router/app-roles/role-administration-service.js";
import type { Receipt } from "../../shared/internal.js";
import { toName } from "../../shared/owner.js";
import type { Outbox } from "../messaging/create-outbox.js";
import { roleMessage } from "./role-messages.js";
import type { RoleStore } from "./role-store.js";

export interface RolePublisherOptions {
  readonly store: RoleStore;
  readonly outbox: Pick<Outbox, "post" | "deletePending" | "countPending" | "flushTarget" | "flushPosted">;
}

/** Sends the roles of users to their objects, which pass them on to the users' organizations. */
export function createRolePublisher({ store, outbox }: RolePublisherOptions) {
  /** The objects of users that have received the roles, but not all of their organizations have. */
  const incomplete = new Set<string>();
  const target = (userId: string): string => toName({ type: "user", id: userId });

  return {
    /** Sends the current roles of a user. Call it in the transaction that changes them. */
    publish(userId: string): void {
      const version = store.nextVersion(userId);
      // The newest roles replace those that were not delivered.
      outbox.deletePending(target(userId), "appRoles");
      outbox.post(roleMessage(target(userId), "appRoles", { userId, version, roles: store.rolesOf(userId) }));
    },

    /** Reads the reply of an object to a delivery. */
    onReceipt(to: string, { pending = 0 }: Receipt): void {
      if (pending > 0) incomplete.add(to);
      else incomplete.delete(to);
    },

    /** Waits for at most a second until the changes have reached the users' objects and organizations. */
    async deliver(userIds: readonly string[]): Promise<RoleChange> {
      const [only] = userIds;
      if (only !== undefined && userIds.length === 1) await outbox.flushTarget(target(only));
      else await outbox.flushPosted();
      const pending = userIds.filter(
        (userId) => outbox.countPending(target(userId)) > 0 || incomplete.has(target(userId)),
      ).length;
      return { applied: pending === 0, pending };
    },
  };
}

export type RolePublisher = ReturnType<typeof createRolePublisher>;
