import type { User } from "../../../shared/account.js";
import type { InternalReply, InternalRequest } from "../../../shared/internal.js";
import { toName } from "../../../shared/owner.js";
import { failure, success } from "../../../shared/result.js";
import type { AccountDeletion } from "../../accounts/account-deletion.js";
import type { AccountDeps } from "../../accounts/account-deps.js";
import { createAccountSuspension } from "../../accounts/account-suspension.js";
import { catchClientError } from "../../accounts/client-error-result.js";
import { exportPage, type ExportOptions } from "../../accounts/export-records.js";
import { createOperationLog } from "../../accounts/operation-log.js";
import { createOperatorActions } from "../../accounts/operator-actions.js";
import { describeUser } from "../../accounts/user-overview.js";
import { APP_OBJECT } from "../../app-roles/role-messages.js";
import type { createUserRoles } from "../../app-roles/user-roles.js";
import { accountLeaseOf, type createLeaseHolders } from "../../organizations/lease-holders.js";
import type { UserOrganizationStore } from "../../organizations/user-organization-store.js";
import type { ObjectEnvironment } from "../object-handler.js";
import type { OwnerStorage } from "../owner-storage.js";
import { createMessageRenewal } from "./renew-message.js";

type ExportReply = InternalReply<Extract<InternalRequest, { op: "exportUser" }>>;

export interface OperatorComponentsOptions {
  readonly environment: ObjectEnvironment;
  readonly ownerStorage: OwnerStorage;
  readonly deps: AccountDeps;
  /** Whether the object is initialized and its account is not being deleted. */
  readonly exists: () => boolean;
  readonly deletion: AccountDeletion;
  /** Runs the app's hook before the account is deleted. The hook can refuse. */
  readonly onDelete: (user: User) => Promise<void>;
  readonly organizationList: UserOrganizationStore;
  readonly exportedData: () => ExportOptions;
  readonly userRoles: Pick<ReturnType<typeof createUserRoles>, "canClaimBootstrap">;
  readonly leaseHolders: Pick<ReturnType<typeof createLeaseHolders>, "revoke">;
}

/** Creates the functions with which operators act on the account of a user's object. */
export function createOperatorComponents(options: OperatorComponentsOptions) {
  const { environment, ownerStorage, deps, exists, deletion, onDelete, organizationList, exportedData } = options;
  const { address, alarms } = environment;
  const { sql, lifecycle } = ownerStorage;
  const { isInitialized, schemaVersion } = lifecycle;

  /** The objects that refuse the calls of a user for an action on the account. */
  const informedObjects = (): string[] => [
    APP_OBJECT,
    ...organizationList.memberships().map(({ id }) => toName({ type: "organization", id })),
  ];
  const isDelivered = (): boolean =>
    !isInitialized() || informedObjects().every((target) => deps.outbox.countPending(target) === 0);

  return {
    operate: createOperatorActions({
      deps,
      operations: createOperationLog(sql),
      suspension: createAccountSuspension({
        deps,
        isInitialized,
        alarms,
        revokeAccountLease: () => options.leaseHolders.revoke([accountLeaseOf(address.id)]),
      }),
      deletion,
      exists,
      onDelete,
      renewMessage: createMessageRenewal({
        userId: address.id,
        account: () => deps.accounts.read(),
        suspension: () => deps.suspension.read(Date.now()),
        isMember: (id) => organizationList.membershipIn(id) !== undefined,
        canClaimBootstrap: options.userRoles.canClaimBootstrap,
      }),
      isDelivered,
    }),

    describe: () =>
      describeUser({
        deps,
        exists,
        memberships: organizationList.memberships,
        storageBytes: () => sql.databaseSize,
        schemaVersion,
      }),

    /** A page of the export for an operator, which the user finds in the audit log. */
    async exportPage(cursor: string | undefined): Promise<ExportReply> {
      if (!exists()) return failure("USER_NOT_FOUND");
      return catchClientError(async () => {
        const page = exportPage(exportedData(), cursor);
        // Each page, because a cursor can be made up, and an export can begin at any.
        deps.audit.add({ action: "operator.export", outcome: "ok", device: {} });
        return success(page);
      });
    },
  };
}
