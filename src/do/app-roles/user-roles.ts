import { SUPERADMIN } from "../../router/app-roles/app-role-definitions.js";
import type { LeasedRoles, VersionedRoles } from "../../shared/app-roles.js";
import type { User } from "../../shared/account.js";
import { stubOf } from "../../shared/object-stub.js";
import { appAddress, toName } from "../../shared/owner.js";
import { sendInternal } from "../../shared/send-internal.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import type { Outbox } from "../messaging/create-outbox.js";
import type { RateLog } from "../rate/rate-log.js";
import { lastSuperadmin } from "./role-errors.js";
import { APP_OBJECT, DENIED_RATE, roleHandlersFor, roleMessage, type DeniedCall } from "./role-messages.js";
import { ROLE_LEASE_MS, type UserRoleStore } from "./user-role-store.js";

/** The organizations that know the roles of the user, and until when they use them. */
export const roleHolderSchema =
  "CREATE TABLE IF NOT EXISTS _app_role_holders (organization_id TEXT PRIMARY KEY NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID";

export interface UserRolesOptions {
  readonly userId: string;
  readonly sql: SqlStorage;
  readonly store: UserRoleStore;
  readonly identity: () => AppIdentity;
  readonly outbox: Pick<Outbox, "post" | "countPending">;
  readonly rates: Pick<RateLog, "take">;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  /** Whether the account exists. It can be deleted during a request to another object. */
  readonly exists: () => boolean;
  /** Called after the roles of the account were changed, in the same transaction. */
  readonly onChange: () => void;
  /** The address of the setting `BOOTSTRAP_ADMIN_EMAIL`. */
  readonly bootstrapEmail: string | undefined;
  /** Whether the app declares roles. */
  readonly hasRoles: boolean;
}

type Claimant = Pick<User, "email" | "emailVerified">;

/** Keeps the roles of a user current in the user's own object, and passes them on to the user's organizations. */
export function createUserRoles(options: UserRolesOptions) {
  const { userId, sql, store, identity, outbox, rates, transaction, exists, onChange, bootstrapEmail, hasRoles } =
    options;
  let renewal: Promise<void> | undefined;

  const app = () => stubOf(identity().namespace, appAddress);
  const organization = (id: string): string => toName({ type: "organization", id });

  const isSuperadmin = (): boolean => store.read().roles.some(({ name }) => name === SUPERADMIN);

  /** Whether the address is verified and the one of the setting, and the user is not a superadmin yet. */
  const canClaimBootstrap = ({ email, emailVerified }: Claimant): boolean =>
    bootstrapEmail !== undefined && emailVerified && email === bootstrapEmail && !isSuperadmin();

  /** Stores roles, and sends them to the organizations that use earlier ones. Call it in a transaction. */
  function apply(roles: VersionedRoles, until: number): void {
    if (!store.write(roles, until)) return;
    onChange();
    const rows = sql.exec("SELECT organization_id FROM _app_role_holders WHERE until > ?", Date.now()).toArray();
    for (const { organization_id: id } of rows) {
      const { version, roles: assigned } = store.read();
      outbox.post(roleMessage(organization(String(id)), "appRoles", { userId, version, roles: assigned }));
    }
  }

  async function renew(): Promise<void> {
    const now = Date.now();
    try {
      const roles = await sendInternal(app(), { op: "appRoles", userId });
      if (exists()) transaction(() => apply(roles, now + ROLE_LEASE_MS));
    } catch {
      // The app's object cannot be reached. Roles that it may have removed must not be used any longer.
      store.useMemberOnly(Date.now());
    }
  }

  /** Concurrent calls share a request. */
  const renewOnce = (): Promise<void> => (renewal ??= renew().finally(() => (renewal = undefined)));

  return {
    handlers: roleHandlersFor<"appRoles">({
      appRoles: (roles) => apply(roles, Date.now() + ROLE_LEASE_MS),
    }),

    /** Renews the roles from the app's object. Never rejects. */
    renew: renewOnce,

    renewIfExpired: async (): Promise<void> => (store.isExpired(Date.now()) ? renewOnce() : undefined),

    /** Returns the roles for an organization, which receives changes until they expire. Call it in a transaction. */
    grantTo(organizationId: string): LeasedRoles {
      const now = Date.now();
      const { version, roles, until: expiry } = store.read();
      // While the roles cannot be renewed, the organization has to ask again soon.
      const isCurrent = roles.length === 0 || expiry > now;
      const until = Math.min(now + ROLE_LEASE_MS, roles.length === 0 || !isCurrent ? Infinity : expiry);
      sql.exec("DELETE FROM _app_role_holders WHERE until <= ?", now);
      sql.exec(
        "INSERT OR REPLACE INTO _app_role_holders (organization_id, until) VALUES (?, ?)",
        organizationId,
        until,
      );
      return { version, roles: isCurrent ? roles : [], until: isCurrent ? until : now };
    },

    /** The number of organizations that have not received the newest roles yet. */
    countPending: (): number =>
      sql
        .exec("SELECT organization_id FROM _app_role_holders WHERE until > ?", Date.now())
        .toArray()
        .filter(({ organization_id: id }) => outbox.countPending(organization(String(id))) > 0).length,

    /**
     * Reserves the deletion of the account in the app's object. The stored roles do not decide, because a new role may not have
     * arrived. In an app that neither declares roles nor has the setting, only users who ever had a role ask.
     * @throws TRPCError CONFLICT (LAST_SUPERADMIN) when the user is the last superadmin of the app
     */
    async assertNotLastSuperadmin(): Promise<void> {
      if (!hasRoles && bootstrapEmail === undefined && store.read().version === 0) return;
      const released = await sendInternal(app(), { op: "releaseSuperadmin", userId });
      if (!released.ok) throw lastSuperadmin();
    },

    /** Informs the app's object that the account is deleted. Call it in the transaction of the deletion. */
    announceDeletion(): void {
      if (store.read().version > 0) outbox.post(roleMessage(APP_OBJECT, "roleUserGone", { userId }));
    },

    canClaimBootstrap,

    /** Makes the user a superadmin if the address is verified and the one of the setting. Call it in a transaction. */
    claimBootstrap(account: Claimant): void {
      if (canClaimBootstrap(account)) outbox.post(roleMessage(APP_OBJECT, "bootstrapSuperadmin", { userId }));
    },

    /** Reports a call that was refused, for the audit log of the app. */
    reportDenied(denied: DeniedCall): void {
      if (rates.take("denied", DENIED_RATE, Date.now()))
        outbox.post(roleMessage(APP_OBJECT, "permissionDenied", denied));
    },
  };
}
