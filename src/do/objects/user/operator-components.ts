import type { User } from "../../../shared/account.js";
import type { InternalReply, InternalRequest } from "../../../shared/internal.js";
import { toName } from "../../../shared/owner.js";
import type { ImportedOwner } from "../../../shared/import-requests.js";
import { failure, success, type Failure } from "../../../shared/result.js";
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
import type { UserOrganizationsService } from "../../../router/services.js";
import { operationIdOf } from "../../idempotency/operation-id.js";
import type { BlockedInviterStore } from "../../organizations/blocked-inviters.js";
import { createUserOrganizationsService } from "../../organizations/user-organizations-service.js";
import type { UserOrganizationStore } from "../../organizations/user-organization-store.js";
import type { ObjectEnvironment } from "../object-handler.js";
import { idsWith, jurisdictionOf } from "../../../shared/jurisdiction.js";
import { toUser } from "../../accounts/account-store.js";
import { userNotFound } from "../../lifecycle/caller-errors.js";
import { locate, type ObjectLocation } from "../../lifecycle/data-location.js";
import { SCHEDULE_TARGET } from "../../schedule/create-schedules.js";
import type { OwnerStorage } from "../owner-storage.js";
import { createMessageRenewal } from "./renew-message.js";

type Renewal = ReturnType<typeof createMessageRenewal>;
type ExportReply = InternalReply<Extract<InternalRequest, { op: "exportUser" }>>;
type ImportReply<TOp extends "importData" | "importOrganization"> = InternalReply<
  Extract<InternalRequest, { op: TOp }>
>;

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
  readonly blockedInviters: BlockedInviterStore;
  readonly userRoles: Pick<ReturnType<typeof createUserRoles>, "canClaimBootstrap">;
  readonly leaseHolders: Pick<ReturnType<typeof createLeaseHolders>, "revoke">;
}

/** Creates the functions with which operators act on the account of a user's object. */
export function createOperatorComponents(options: OperatorComponentsOptions) {
  const { environment, ownerStorage, deps, exists, deletion, onDelete, organizationList, exportedData } = options;
  const { address, alarms, app, env } = environment;
  const { sql, lifecycle } = ownerStorage;
  const { isInitialized, schemaVersion } = lifecycle;

  /** Chooses where a new organization of the user is stored. */
  async function locateOrganization(): Promise<ObjectLocation> {
    const row = deps.accounts.read();
    if (!row) throw userNotFound();
    const jurisdiction = jurisdictionOf(address.id);
    return locate(app.location, { type: "organization", user: toUser(row), jurisdiction, env });
  }

  /** The user's organizations, for the procedures of one call. */
  const organizations = (): UserOrganizationsService =>
    createUserOrganizationsService({
      deps,
      store: organizationList,
      blocked: options.blockedInviters,
      rolePolicy: app.definition.roles,
      hasSettings: app.definition.app.settings !== undefined,
      locateOrganization,
    });

  /** The objects that refuse the calls of a user for an action on the account. */
  const informedObjects = (): string[] => [
    APP_OBJECT,
    ...organizationList.memberships().map(({ id }) => toName({ type: "organization", id })),
  ];
  const isDelivered = (): boolean =>
    !isInitialized() || informedObjects().every((target) => deps.outbox.countPending(target) === 0);

  /** Why an import may not write to the account. */
  function refuseImport({
    email,
    operationId,
  }: ImportedOwner): Failure<"USER_NOT_FOUND" | "ACCOUNT_EXISTS"> | undefined {
    const account = exists() ? deps.accounts.read() : undefined;
    if (account?.email !== email) return failure("USER_NOT_FOUND");
    if (operationId !== undefined && account.operationId !== operationId) return failure("ACCOUNT_EXISTS");
    return undefined;
  }

  return {
    organizations,
    /** Whether the app's object and all organizations of the user have received their messages. */
    isDelivered,

    importData({ account, records }: Extract<InternalRequest, { op: "importData" }>): ImportReply<"importData"> {
      if (!account) return failure("USER_NOT_FOUND");
      return refuseImport(account) ?? success(ownerStorage.importData(records));
    },

    async importOrganization({
      account,
      key,
      ...organization
    }: Extract<InternalRequest, { op: "importOrganization" }>): Promise<ImportReply<"importOrganization">> {
      const refused = refuseImport(account);
      if (refused) return refused;
      return catchClientError(async () => {
        const isNew = organizationList.membershipInOneOf(idsWith(operationIdOf(key))) === undefined;
        const { id: organizationId } = await organizations().create(organization, key);
        return success({ organizationId, isNew });
      });
    },

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
      renewMessage: withScheduleRetries(
        createMessageRenewal({
          userId: address.id,
          account: () => deps.accounts.read(),
          suspension: () => deps.suspension.read(Date.now()),
          isMember: (id) => organizationList.membershipIn(id) !== undefined,
          canClaimBootstrap: options.userRoles.canClaimBootstrap,
        }),
        ownerStorage,
      ),
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

/** A dead letter of a schedule is not posted. It is scheduled again. */
function withScheduleRetries(renew: Renewal, { schedules }: Pick<OwnerStorage, "schedules">): Renewal {
  return (message) => {
    if (message.target !== SCHEDULE_TARGET) return renew(message);
    schedules().restore(message.payload);
    return [];
  };
}
