import { MEMBER } from "../../../router/app-roles/app-role-definitions.js";
import { notSignedIn } from "../../../router/auth/not-signed-in.js";
import { createSchedule } from "../../../router/schedule/create-schedule.js";
import { reasonOf } from "../../../router/reasoned-error.js";
import type { VersionedRoles } from "../../../shared/app-roles.js";
import type { InternalReply, InternalRequest } from "../../../shared/internal.js";
import { failure, success } from "../../../shared/result.js";
import { actorOf } from "../../audit/action-log.js";
import { createAuditedChange } from "../../audit/audited-change.js";
import { createAccessCheck } from "../../app-roles/access-check.js";
import { createAdministration } from "../../operators/administration.js";
import { createImport } from "../../operators/import-records.js";
import { createSystemAccounts } from "../../operators/system-accounts.js";
import { createPermissionCache } from "../../app-roles/permission-cache.js";
import { createRoleAdministration } from "../../app-roles/role-administration.js";
import { deniedAction } from "../../app-roles/role-messages.js";
import { appAddress } from "../../../shared/owner.js";
import { departuresSchema } from "../../presence/departures.js";
import { idempotencySchema } from "../../idempotency/idempotency-store.js";
import { kvSchema } from "../../kv/kv-table.js";
import { SessionEnded } from "../../lifecycle/caller-errors.js";
import { createGetters } from "../../lifecycle/call-getters.js";
import { createTransaction } from "../../lifecycle/transaction.js";
import { createScheduleTable, scheduleSchema } from "../../schedule/schedule-store.js";
import { socketSchema } from "../../sockets/subscription-store.js";
import { wakeIndexSchema } from "../../sockets/wake-index.js";
import { addEventData } from "../../tables/schema/change-log-sql.js";
import { createFrameworkSchema } from "../../tables/schema/framework-schema.js";
import type { ObjectEnvironment, ObjectHandler } from "../object-handler.js";
import { createOwnerStorage, type OpenCall } from "../owner-storage.js";
import { createDirectoryAdministration } from "./directory-administration.js";
import { createAppAccess } from "./app-access.js";
import { appObjectTables, composeAppObject } from "./compose-app-object.js";

const framework = createFrameworkSchema({
  statements: [
    socketSchema,
    departuresSchema,
    ...wakeIndexSchema,
    kvSchema,
    ...appObjectTables,
    ...idempotencySchema,
    ...scheduleSchema,
  ],
  steps: [{ name: "create the schedules", run: createScheduleTable }, addEventData],
});

/** Creates the handler of `app:main`, which stores the data of the whole app. */
export function createAppObject(environment: ObjectEnvironment): ObjectHandler {
  const { state, app, identity } = environment;
  const ownerStorage = createOwnerStorage({
    environment,
    owner: "app",
    framework,
    onWritten: () => permissions.onWritten(),
    isPaused: () => false,
  });
  const { isInitialized } = ownerStorage.lifecycle;
  const composed = composeAppObject(environment, ownerStorage);
  const { outbox, leases, operatorLog, roles, superadmins, operations, importedOrganizations, open, receive } =
    composed;
  const permissions = createPermissionCache({ ...roles, beforeNextWrite: ownerStorage.beforeNextWrite });
  const { permissionsOf } = permissions;
  const { access, resolveAccess } = createAppAccess({ isInitialized, open, leases, sockets: environment });
  const transaction = createTransaction(state.storage);

  /** The roles of a user, for the user's object. An object without a schema has no roles. */
  const currentRoles = (userId: string): VersionedRoles =>
    isInitialized()
      ? { version: roles.store.versionOf(userId), roles: roles.store.rolesOf(userId) }
      : { version: 0, roles: [] };

  /** Reserves the deletion of a user's account. */
  function release(userId: string): InternalReply<Extract<InternalRequest, { op: "releaseSuperadmin" }>> {
    if (!isInitialized()) return success(true);
    try {
      transaction(() => superadmins.deactivate(userId));
      return success(true);
    } catch (error) {
      if (reasonOf(error) === "LAST_SUPERADMIN") return failure("LAST_SUPERADMIN");
      throw error;
    }
  }

  const withGetters = createGetters({
    kv: ({ call, scope }: OpenCall) => ownerStorage.kv(call, scope),
    events: ({ call, scope }: OpenCall) => ownerStorage.events(call, scope),
    presence: ({ call, scope }: OpenCall) => ownerStorage.presence(call, scope),
    db: ownerStorage.database,
    schedule: () => createSchedule(ownerStorage.schedules()),
  });

  return {
    resolveAccess,
    authorize(caller) {
      if (caller.type === "anonymous") throw notSignedIn();
      // The lease has ended since resolveAccess() renewed it.
      if (access(caller) !== "granted") throw new SessionEnded();
    },
    context: (caller, call, scope) =>
      withGetters(
        {
          caller,
          owner: appAddress,
          lastEventId: call.lastEventId,
          transaction,
          tables: ownerStorage.tables(call, scope, caller),
        },
        { call, scope },
      ),
    services(request) {
      const { caller, device, setSession } = request;
      const accessCheck = createAccessCheck({
        caller,
        permissionsOf,
        onDenied: (denied) => operatorLog.add(deniedAction({ ...denied, network: device.network })),
      });
      return {
        address: appAddress,
        atomic: (work) =>
          ownerStorage.atomic(() => {
            // The caller may have lost a role since the call arrived.
            accessCheck.check();
            return work();
          }),
        setSession,
        presence: () => ownerStorage.presenceService(request),
        appAccess: () => accessCheck.service,
        roleAdministration: () => createRoleAdministration({ deps: roles, request, checkAgain: accessCheck.check }),
        operatorLog: () => operatorLog,
        schedules: ownerStorage.schedules,
        directory: () =>
          createDirectoryAdministration(
            environment,
            createAuditedChange({
              actor: actorOf(caller),
              device,
              log: operatorLog,
              transaction: ownerStorage.atomic,
              checkAgain: accessCheck.check,
            }),
          ),
        systemAccounts: () => createSystemAccounts({ log: operatorLog, identity }),
        import: () =>
          createImport({
            app: app.definition.app,
            identity,
            organizations: importedOrganizations,
            log: operatorLog,
            actor: actorOf(caller),
            device,
            roles: () => createRoleAdministration({ deps: roles, request, checkAgain: accessCheck.check }),
            hasRole: (userId, role) => {
              const name = roles.policy.findDeclared(role)?.name ?? roles.store.find(role)?.name;
              return name === MEMBER || roles.store.rolesOf(userId).some((assigned) => assigned.name === name);
            },
            importAppData: ownerStorage.importData,
            hasPermission: (permission) => caller.type !== "user" || permissionsOf(caller.userId).has(permission),
            isReserved: (email) => caller.type === "user" && superadmins.isReserved(email, caller.userId),
            checkAgain: accessCheck.check,
          }),
        administration: () =>
          createAdministration({
            operations,
            undoBookmarkOf: composed.undoBookmarkOf,
            log: operatorLog,
            identity,
            accessOf: (userId) => roles.policy.accessOf(roles.store.rolesOf(userId)),
            request,
            checkAgain: accessCheck.check,
          }),
      };
    },
    internal(request) {
      if (request.op === "deliver") return receive(request);
      if (request.op === "appRoles") return currentRoles(request.userId);
      if (request.op === "releaseSuperadmin") return release(request.userId);
      throw new Error(`The app's object does not handle "${request.op}". Send it to another kind of object.`);
    },
    sockets: {
      hub: ownerStorage.hub,
      beforeNextWrite: ownerStorage.beforeNextWrite,
      isInitialized,
      presence: ownerStorage.presenceTracker,
      isShared: true,
      rows: ownerStorage.storedRows,
      access,
      resolveAccess,
      permissionVersion: (caller) =>
        caller.type === "user" && isInitialized() ? roles.store.versionOf(caller.userId) : undefined,
    },
    flushWrites: ownerStorage.flushWrites,
    droppedEvents: ownerStorage.droppedEvents,
    flushOutbox: outbox.flushPosted,
    keyedCalls: ownerStorage.keyedCalls,
    start: ownerStorage.start,
    schedule: () => createSchedule(ownerStorage.schedules()),
    connectSchedules: ownerStorage.connectSchedules,
    deadLetters: outbox.deadLetters,
    countPending: () => outbox.countPending(),
  };
}
