import { SUPERADMIN } from "../../router/app-roles/app-role-definitions.js";
import type { ActionLog } from "../audit/action-log.js";
import { lastSuperadmin } from "./role-errors.js";
import type { RolePublisher } from "./role-publisher.js";
import type { RoleStore } from "./role-store.js";

export interface SuperadminsOptions {
  readonly store: RoleStore;
  readonly publisher: Pick<RolePublisher, "publish">;
  readonly log: ActionLog;
  /** The address of the setting `BOOTSTRAP_ADMIN_EMAIL`. */
  readonly bootstrapEmail: string | undefined;
}

/** How long the deletion of a superadmin's account can take, in milliseconds. Until then they do not count as superadmin. */
const DELETION_MS = 10 * 60_000;

/** Protects the last superadmin, and assigns the role to the first one. Call the functions in a transaction. */
export function createSuperadmins({ store, publisher, log, bootstrapEmail }: SuperadminsOptions) {
  const isSuperadmin = (userId: string): boolean => store.rolesOf(userId).some(({ name }) => name === SUPERADMIN);

  /** @throws TRPCError CONFLICT (LAST_SUPERADMIN) when no other superadmin is active */
  function assertNotLast(userId: string): void {
    if (isSuperadmin(userId) && !store.hasOtherSuperadmin(userId, Date.now())) throw lastSuperadmin();
  }

  return {
    assertNotLast,

    /**
     * Reserves the suspension or deletion of a user: until a time in milliseconds since the epoch, the user does not count as a
     * superadmin.
     *
     * @param until by default, as long as the deletion of an account can take
     * @throws TRPCError CONFLICT (LAST_SUPERADMIN)
     */
    deactivate(userId: string, until = Date.now() + DELETION_MS): void {
      assertNotLast(userId);
      store.setInactive(userId, until);
    },

    /** Ends a reservation or a suspension. */
    activate: (userId: string): void => store.setInactive(userId, 0),

    /** Whether a verified account with the address would become a superadmin. Only a superadmin may then create it. */
    isReserved: (email: string, operatorId: string): boolean =>
      email === bootstrapEmail && store.bootstrapped() === undefined && !isSuperadmin(operatorId),

    /** Makes the user with the verified address of the setting a superadmin, once ever. */
    bootstrap(userId: string): void {
      if (store.bootstrapped() !== undefined) return;
      store.setBootstrapped(userId, Date.now());
      store.assign(userId, SUPERADMIN);
      publisher.publish(userId);
      const target = { type: "user", id: userId };
      const reason = "BOOTSTRAP_ADMIN_EMAIL";
      log.add({ actor: { type: "system" }, action: "role.bootstrap", target, reason });
    },
  };
}

export type Superadmins = ReturnType<typeof createSuperadmins>;
