import type { Delivery, Receipt } from "../../../shared/internal.js";
import { appAddress, parseName } from "../../../shared/owner.js";
import { stubOf } from "../../../shared/object-stub.js";
import { sendInternal } from "../../../shared/send-internal.js";
import { deniedAction, roleHandlersFor } from "../../app-roles/role-messages.js";
import type { RoleAdministrationDeps } from "../../app-roles/role-administration.js";
import { bootstrapEmailOf } from "../../app-roles/bootstrap-email.js";
import { createRolePublisher } from "../../app-roles/role-publisher.js";
import { createRoleStore, roleSchema } from "../../app-roles/role-store.js";
import { createSuperadmins } from "../../app-roles/superadmins.js";
import { actionLogSchema, createActionLog } from "../../audit/action-log.js";
import { systemActionHandlers } from "../../audit/action-message.js";
import { createOperationStore, operationSchema } from "../../operators/operation-store.js";
import { createImportedOrganizations, importedOrganizationSchema } from "../../operators/imported-organizations.js";
import { createOperations } from "../../operators/operations.js";
import { createRestoreStore, restoreSchema } from "../../operators/restore-store.js";
import { createRestores } from "../../operators/restores.js";
import { createInbox, inboxSchema } from "../../messaging/create-inbox.js";
import { createOutboxStore, outboxTables } from "../../messaging/outbox-store.js";
import { createMessageDelivery } from "../../messaging/message-delivery.js";
import { recordedSql } from "../../tables/reads/recorded-sql.js";
import { accountLeaseOf } from "../../organizations/lease-holders.js";
import { createLeases, leaseExpirySchema, leaseGenerationSchema, leaseSchema } from "../../organizations/leases.js";
import { createSuspendedMembers, suspendedMemberSchema } from "../../organizations/suspended-members.js";
import { handlersFor } from "../../organizations/organization-messages.js";
import type { ObjectEnvironment } from "../object-handler.js";
import { createObjectOutbox } from "../object-outbox.js";
import type { OwnerStorage } from "../owner-storage.js";

/** The framework's tables of the app's object. */
export const appObjectTables: readonly string[] = [
  suspendedMemberSchema,
  leaseSchema,
  leaseExpirySchema,
  leaseGenerationSchema,
  ...outboxTables,
  inboxSchema,
  actionLogSchema,
  operationSchema,
  importedOrganizationSchema,
  restoreSchema,
  ...roleSchema,
];

/** Creates the stores and services of the app, in its own object. */
export function composeAppObject(environment: ObjectEnvironment, { lifecycle }: OwnerStorage) {
  const { isInitialized, initialize } = lifecycle;
  const { state, app, alarms, env, identity } = environment;
  const { storage } = state;
  const sql = recordedSql(storage.sql);
  const transaction = <TResult>(work: () => TResult): TResult => storage.transactionSync(work);
  const user = (userId: string) => stubOf(identity().namespace, { type: "user", id: userId });

  const deliver = createMessageDelivery(identity);

  const outbox = createObjectOutbox({
    environment,
    store: createOutboxStore(sql),
    isInitialized,
    async deliver(target, delivery) {
      const receipt = await deliver(target, delivery);
      publisher.onReceipt(target, receipt);
      return receipt;
    },
    onTargetGone(target) {
      const to = parseName(target);
      if (to?.type === "user") roleStore.deleteUser(to.id);
    },
    sendMail: () => Promise.reject(new Error("The app's object does not send mail. The object of a user does.")),
  });

  const leases = createLeases({
    sql,
    isInitialized,
    requestLease: ({ userId, ...session }) =>
      session.sessionId === accountLeaseOf(userId)
        ? sendInternal(user(userId), { op: "leaseAccount" })
        : sendInternal(user(userId), { op: "lease", ...session }),
  });

  const operatorLog = createActionLog({
    sql,
    options: app.operatorAudit,
    isInitialized,
    alarms,
    deliver: app.onAudit && ((actions) => app.onAudit?.({ owner: appAddress, actions, env })),
  });
  const roleStore = createRoleStore(sql);
  const publisher = createRolePublisher({ store: roleStore, outbox });
  const bootstrapEmail = bootstrapEmailOf(env);
  const superadmins = createSuperadmins({ store: roleStore, publisher, log: operatorLog, bootstrapEmail });
  const roles: RoleAdministrationDeps = {
    policy: app.definition.appRoles,
    store: roleStore,
    publisher,
    superadmins,
    log: operatorLog,
    // An earlier version of the object does not know the question.
    userExists: async (userId) => (await sendInternal<{ op: "hasUser" }>(user(userId), { op: "hasUser" })) !== false,
    transaction,
  };

  const suspended = createSuspendedMembers(sql);
  const restoreStore = createRestoreStore(sql);
  const restores = createRestores({
    store: restoreStore,
    transaction,
    stub: (target) => stubOf(identity().namespace, target),
  });
  const operations = createOperations({
    store: createOperationStore(sql),
    superadmins,
    roles: roleStore,
    suspended,
    log: operatorLog,
    transaction,
    isInitialized,
    alarms,
    send(operation) {
      const { id: operationId, target, action } = operation;
      if (action.type === "restore") return restores.run(operation, action.point);
      return target.type === "user"
        ? sendInternal(user(target.id), { op: "operate", operationId, action })
        : sendInternal(stubOf(identity().namespace, target), { op: "deleteOrganization" });
    },
    mustFinish: restoreStore.has,
    onFinished: restoreStore.delete,
    endLeases: leases.deleteForUser,
    onSuspended: environment.suspendUser,
    onError: app.onError,
  });

  const inbox = createInbox({
    sql,
    transaction,
    isInitialized,
    handlers: {
      ...handlersFor<"endSession">({
        endSession({ sessionId }) {
          const account = parseName(sessionId);
          const userId = leases.revoke(sessionId) ?? account?.id;
          // A suspension ends the sessions. Its sockets get their own code.
          if (userId !== undefined && operations.isSuspended(userId)) environment.suspendUser(userId);
          else if (account) environment.endMember(account.id);
          else environment.endSession(sessionId);
        },
      }),
      ...systemActionHandlers(operatorLog),
      ...roleHandlersFor<"bootstrapSuperadmin" | "roleUserGone" | "permissionDenied">({
        bootstrapSuperadmin: ({ userId }) => superadmins.bootstrap(userId),
        roleUserGone: ({ userId }) => void roleStore.deleteUser(userId),
        permissionDenied: (denied) => operatorLog.add(deniedAction(denied)),
      }),
    },
  });

  return {
    outbox,
    leases,
    operatorLog,
    roles,
    superadmins,
    operations,
    importedOrganizations: createImportedOrganizations(sql),
    undoBookmarkOf: (restoreId: string): string | null => restoreStore.read(restoreId)?.undoBookmark ?? null,
    /** Creates the schema, if this is the first use of the object. */
    open: (): void => initialize(() => {}),
    receive: (delivery: Delivery): Receipt => initialize(() => inbox.receive(delivery)),
  };
}
