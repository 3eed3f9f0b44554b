import { notSignedIn } from "../../../router/auth/not-signed-in.js";
import { createSchedule } from "../../../router/schedule/create-schedule.js";
import type { Caller } from "../../../shared/caller.js";
import type { InternalRequest } from "../../../shared/internal.js";
import { isRestoreRequest } from "../../../shared/operator-requests.js";
import { failure } from "../../../shared/result.js";
import { departuresSchema } from "../../presence/departures.js";
import { idempotencySchema } from "../../idempotency/idempotency-store.js";
import { kvSchema } from "../../kv/kv-table.js";
import type { HandlerReply, ObjectHandler, ObjectEnvironment } from "../object-handler.js";
import { createAccessCheck } from "../../app-roles/access-check.js";
import { carriedMessageTables, socketTables, type CarriedTables } from "../../recovery/carried-rows.js";
import { createRecovery } from "../../recovery/create-recovery.js";
import { createMemberAccess } from "../../organizations/member-access.js";
import { createOrganizationService } from "../../organizations/organization-service.js";
import { notAMember } from "../../organizations/role-checks.js";
import { composeOrganizationObject, organizationTables } from "./compose-organization-object.js";
import { createOwnerStorage, type OpenCall } from "../owner-storage.js";
import { createScheduleTable, scheduleSchema } from "../../schedule/schedule-store.js";
import { socketSchema } from "../../sockets/subscription-store.js";
import { wakeIndexSchema } from "../../sockets/wake-index.js";
import { addEventData } from "../../tables/schema/change-log-sql.js";
import { createFrameworkSchema } from "../../tables/schema/framework-schema.js";
import { createGetters } from "../../lifecycle/call-getters.js";
import { createTransaction } from "../../lifecycle/transaction.js";
import { AccountSuspended, SessionEnded } from "../../lifecycle/caller-errors.js";

/** A restore resets the rows and keys of the app, the name and the settings. Members, invitations and leases stay. */
export const organizationCarriedTables: CarriedTables = {
  carried: [
    "_members",
    "_suspended_members",
    "_invitations",
    "_inviters",
    "_leases",
    "_lease_generations",
    "_member_app_roles",
    "_actions",
    "_action_feed",
    "_rate_log",
    ...carriedMessageTables,
    "_schedules",
    "_deletion",
    "_directory_report",
  ],
  required: ["_organization"],
  cleared: socketTables,
};

/** The framework's own tables of an organization. */
export const organizationFramework = createFrameworkSchema({
  statements: [
    socketSchema,
    departuresSchema,
    ...wakeIndexSchema,
    kvSchema,
    ...organizationTables,
    ...idempotencySchema,
    ...scheduleSchema,
  ],
  steps: [{ name: "create the schedules", run: createScheduleTable }, addEventData],
});

/** Creates the handler of an organization, which stores its members and their shared data. */
export function createOrganizationObject(environment: ObjectEnvironment): ObjectHandler {
  const { state, app, address, alarms } = environment;
  const { roles: rolePolicy } = app.definition;
  const { settings } = app.definition.app;
  const ownerStorage = createOwnerStorage({
    environment,
    owner: "organization",
    framework: organizationFramework,
    isPaused: () => !services.exists(),
    onUpgraded: () => void (services.exists() && services.deps.directory.report()),
  });
  const services = composeOrganizationObject(environment, ownerStorage);
  const { deps, exists } = services;
  const { organizations, members, suspended, leases, outbox } = deps;
  const { access, resolveAccess, permissionVersion } = createMemberAccess({
    exists,
    members,
    suspended,
    leases,
    sockets: environment,
  });
  const transaction = createTransaction(state.storage);
  const owner = { type: "organization", id: address.id } as const;
  const recovery = createRecovery({
    state,
    alarms,
    tables: organizationCarriedTables,
    initialize: ownerStorage.lifecycle.initialize,
    refusal: () => (exists() ? undefined : failure("ORGANIZATION_NOT_FOUND")),
    flushOutbox: outbox.flush,
    onRestored() {
      deps.log.add({ actor: { type: "system" }, action: "organization.restore" });
      // The name may have changed.
      services.membership.notifyAll();
      deps.directory.report();
      alarms.arm();
    },
    isDelivered: () => outbox.countPending() === 0,
  });

  const withGetters = createGetters({
    organization() {
      const organization = organizations.read();
      if (!organization) throw notAMember();
      const { settings: stored, ...rest } = organization;
      return settings ? { ...rest, settings: stored } : rest;
    },
    member({ caller }: OpenCall & { readonly caller: Caller }) {
      const { userId, email, role, joinedAt } = createOrganizationService({ ...services, settings, caller }).self();
      return { userId, email, role, joinedAt, permissions: rolePolicy.permissionsOf(role) };
    },
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
      const granted = access(caller);
      if (granted === "forbidden") throw notAMember();
      if (granted === "suspended" && caller.type === "user")
        throw new AccountSuspended(suspended.find(caller.userId, Date.now())?.until);
      // The lease has ended since resolveAccess() renewed it.
      if (granted !== "granted") throw new SessionEnded();
    },
    accessReads: (caller) =>
      caller.type === "user"
        ? [{ table: "_members", where: [{ column: "id", operator: "==", values: [caller.userId] }] }]
        : [],
    context: (caller, call, scope) =>
      withMember(
        caller,
        withGetters(
          {
            caller,
            owner,
            lastEventId: call.lastEventId,
            transaction,
            tables: ownerStorage.tables(call, scope, caller),
          },
          { caller, call, scope },
        ),
      ),
    services(request) {
      const { caller, device, setSession } = request;
      // Created on first use, because queries of the app may not need it.
      let service: ReturnType<typeof createOrganizationService> | undefined;
      const getService = () => (service ??= createOrganizationService({ ...services, settings, caller }));
      let accessCheck: ReturnType<typeof createAccessCheck> | undefined;
      const getAccessCheck = () =>
        (accessCheck ??= createAccessCheck({
          caller,
          ...services.memberRoles,
          onDenied: (denied) => services.reportDenied({ ...denied, network: device.network }),
        }));
      return {
        address,
        atomic: (work) =>
          ownerStorage.atomic(() => {
            // The member may have been removed, or got a lower role, since the call arrived.
            getService().check();
            accessCheck?.check();
            return work();
          }),
        setSession,
        presence: () => ownerStorage.presenceService(request),
        appAccess: () => getAccessCheck().service,
        organization: () => getService().service,
        schedules: ownerStorage.schedules,
      };
    },
    isRestoring: recovery.isRestoring,
    internal: (request) => (isRestoreRequest(request) ? recovery.handle(request) : handleInternal(services, request)),
    sockets: {
      hub: ownerStorage.hub,
      beforeNextWrite: ownerStorage.beforeNextWrite,
      isInitialized: ownerStorage.lifecycle.isInitialized,
      presence: ownerStorage.presenceTracker,
      isShared: true,
      rows: ownerStorage.storedRows,
      access,
      resolveAccess,
      permissionVersion,
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

/** Hides `member` from a spread of the context by the app's middleware. The getter throws for a caller that is not a user. */
function withMember(caller: Caller, context: object): object {
  return caller.type === "user" ? context : Object.defineProperty(context, "member", { enumerable: false });
}

type Services = ReturnType<typeof composeOrganizationObject>;

function handleInternal(
  {
    receive,
    answerInvitation,
    addMember,
    importData,
    isLastOwner,
    describe,
    deleteForOperator,
    exists,
    deps,
  }: Services,
  request: InternalRequest,
): HandlerReply | Promise<HandlerReply> {
  if (request.op === "deliver") return receive(request);
  if (request.op === "reportEntry") return exists() ? deps.directory.renew() : failure("ENTRY_NOT_FOUND");
  if (request.op === "answerInvitation") return answerInvitation(request);
  if (request.op === "addMember") return addMember(request);
  if (request.op === "importData") return importData(request.records);
  if (request.op === "isLastOwner") return isLastOwner(request.userId);
  if (request.op === "describeOrganization") return describe();
  if (request.op === "deleteOrganization") return deleteForOperator();
  throw new Error(`An organization's object does not handle "${request.op}". Send it to another kind of object.`);
}
