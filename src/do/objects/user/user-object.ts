import type { TRPCError } from "@trpc/server";
import type { User } from "../../../shared/account.js";
import { notSignedIn } from "../../../router/auth/not-signed-in.js";
import { createSchedule } from "../../../router/schedule/create-schedule.js";
import { otherUsersObject, wrongObject } from "../../../router/wrong-object.js";
import { sessionOf, type Caller } from "../../../shared/caller.js";
import { isRestoreRequest } from "../../../shared/operator-requests.js";
import { failure } from "../../../shared/result.js";
import { revokeEarlier } from "../../accounts/revocations.js";
import { createAccessCheck } from "../../app-roles/access-check.js";
import { createAccountService } from "../../accounts/account-service.js";
import { invalidLink } from "../../../router/auth/invalid-link.js";
import { deleteOldMailRates } from "../../accounts/account-mails.js";
import { toUser } from "../../accounts/account-store.js";
import { createRefresh } from "../../accounts/sessions/create-refresh.js";
import { createSessionsService } from "../../accounts/sessions/sessions-service.js";
import { unknownUser } from "../../accounts/unknown-user.js";
import { createRecovery } from "../../recovery/create-recovery.js";
import { accountTables, userCarriedTables } from "./account-tables.js";
import { composeUserObject } from "./compose-user-object.js";
import { handleInternal } from "./handle-internal.js";
import type { ObjectPolicy } from "../object-policy.js";
import { departuresSchema } from "../../presence/departures.js";
import { idempotencySchema } from "../../idempotency/idempotency-store.js";
import { kvSchema } from "../../kv/kv-table.js";
import type { ObjectHandler, ObjectEnvironment } from "../object-handler.js";
import { createOwnerStorage, type OpenCall } from "../owner-storage.js";
import { createScheduleTable, scheduleSchema } from "../../schedule/schedule-store.js";
import { socketSchema } from "../../sockets/subscription-store.js";
import { wakeIndexSchema } from "../../sockets/wake-index.js";
import { addEventData } from "../../tables/schema/change-log-sql.js";
import { createFrameworkSchema } from "../../tables/schema/framework-schema.js";
import { createGetters } from "../../lifecycle/call-getters.js";
import { createTransaction } from "../../lifecycle/transaction.js";
import { AccountSuspended, SessionEnded, sessionReplaced, userNotFound } from "../../lifecycle/caller-errors.js";

/** The framework's own tables of a user. */
export const userFramework = createFrameworkSchema({
  statements: [
    ...accountTables,
    socketSchema,
    departuresSchema,
    ...wakeIndexSchema,
    kvSchema,
    ...idempotencySchema,
    ...scheduleSchema,
  ],
  steps: [
    { name: "delete the mail rates with addresses", run: deleteOldMailRates },
    { name: "create the schedules", run: createScheduleTable },
    addEventData,
  ],
});

/** Creates the handler of a user, which stores the account, its sessions and the user's data. */
export function createUserObject(environment: ObjectEnvironment): ObjectHandler {
  const { state, app, address, alarms, identity, endSession } = environment;
  const { storage } = state;
  const ownerStorage = createOwnerStorage({
    environment,
    owner: "user",
    framework: userFramework,
    isPaused: () => !exists() || suspension.read(Date.now()) !== undefined,
    onWritten() {
      composed.sessions.clearCache();
      composed.suspension.clearCache();
      composed.roles.clearCache();
    },
    onUpgraded: () => composed.report(),
  });
  const composed = composeUserObject({ environment, ownerStorage });
  const { accounts, sessions, suspension, access, exists, roles, components } = composed;
  const transaction = createTransaction(storage);
  const owner = { type: "user", id: address.id } as const;
  const recovery = createRecovery({
    state,
    alarms,
    tables: userCarriedTables,
    initialize: ownerStorage.lifecycle.initialize,
    refusal: () => (exists() ? undefined : failure("USER_NOT_FOUND")),
    flushOutbox: () => components().deps.outbox.flush(),
    onRestored() {
      components().deps.audit.add({ action: "operator.restore", outcome: "ok", device: {} });
      // The profile may have changed.
      composed.report();
      alarms.arm();
    },
    isDelivered: () => components().isDelivered(),
  });

  const authorize: ObjectPolicy["authorize"] = (caller, { kind, acceptsSessions }) => {
    if (kind === "mail") {
      if (!exists()) throw invalidLink();
      assertNotSuspended();
      return;
    }
    if (kind === "refresh") {
      // The procedure verifies the refresh token of the call.
      if (!exists()) throw unknownUser(app);
      return;
    }
    if (caller.type === "anonymous") throw notSignedIn();
    if (kind === "organization" || kind === "email") throw wrongObject();
    if (access.authorize(caller)) return;
    // A sign-out clears the cookies of a suspended account.
    if (acceptsSessions !== "ended" && isOwn(caller)) assertNotSuspended();
    if (acceptsSessions === "replaced" && access.wasSessionReplaced(caller)) return;
    if (acceptsSessions === "ended" && access.hasOwnSession(caller)) return;
    throw accessError(caller);
  };

  const isOwn = (caller: Caller): boolean => caller.type === "user" && caller.userId === address.id;

  /** @throws AccountSuspended */
  function assertNotSuspended(): void {
    const suspended = exists() && suspension.read(Date.now());
    if (suspended) throw new AccountSuspended(suspended.until);
  }

  function accessError(caller: Caller): TRPCError {
    if (caller.type !== "user" || caller.via !== "session") return exists() ? otherUsersObject() : userNotFound();
    if (!exists()) return unknownUser(app);
    // Another call of this browser sets the cookies of the new session, and clearing them would sign the user out.
    return access.wasSessionReplaced(caller) ? sessionReplaced() : new SessionEnded();
  }

  /** Renews the user's roles if necessary. Users without roles, and most calls, need nothing. */
  const resolveAccess = (caller?: Caller): Promise<void> | undefined =>
    caller?.type !== "system" && roles.isExpired(Date.now()) ? components().userRoles.renew() : undefined;

  const withGetters = createGetters({
    user(): User {
      const row = accounts.read();
      if (!row) throw userNotFound();
      return toUser(row);
    },
    kv: ({ call, scope }: OpenCall) => ownerStorage.kv(call, scope),
    events: ({ call, scope }: OpenCall) => ownerStorage.events(call, scope),
    presence: ({ call, scope }: OpenCall) => ownerStorage.presence(call, scope),
    db: ownerStorage.database,
    schedule: () => createSchedule(ownerStorage.schedules()),
  });

  return {
    resolveAccess,
    authorize,
    context: (caller, call, scope) =>
      withGetters(
        {
          caller,
          owner,
          lastEventId: call.lastEventId,
          transaction,
          setUserFields: composed.setUserFields,
          tables: ownerStorage.tables(call, scope, caller),
        },
        { call, scope },
      ),
    services(request) {
      const { caller, device, accessExpiresAt } = request;
      // Created on first use, because most calls require no permission in the app.
      let accessCheck: ReturnType<typeof createAccessCheck> | undefined;
      const getAccessCheck = () =>
        (accessCheck ??= createAccessCheck({
          caller,
          permissionsOf: roles.permissions,
          onDenied: (denied) => components().userRoles.reportDenied({ ...denied, network: device.network }),
        }));
      return {
        address,
        atomic: (work) =>
          ownerStorage.atomic(() => {
            // The user may have lost a role since the call arrived.
            accessCheck?.check();
            return work();
          }),
        appAccess: () => getAccessCheck().service,
        schedules: ownerStorage.schedules,
        setSession: request.setSession,
        presence: () => ownerStorage.presenceService(request),
        account: () =>
          createAccountService({
            ...components(),
            request,
            profile: app.definition.app.profile,
          }),
        organizations: () => components().organizations(),
        refresh: (inBody) =>
          createRefresh({ userId: address.id, identity, account: components().account, request })(inBody),
        // A conditional spread would take as long as creating all other services.
        socketTicket:
          accessExpiresAt === undefined
            ? undefined
            : (target) => components().tickets.issue({ caller, target, accessExpiresAt }),
        sessions: () =>
          createSessionsService({
            ...request,
            sessions,
            endOthers() {
              const { deps } = components();
              // A Worker that acts for the user can name the session that stays.
              const kept = caller.type === "user" ? caller.sessionId : undefined;
              return deps.transaction(() => revokeEarlier(deps, "signedOutElsewhere", kept));
            },
            onRevoke: () =>
              components().deps.audit.add({
                action: "session.revoke",
                outcome: "ok",
                sessionId: sessionOf(request.caller),
                device: request.device,
              }),
            onSessionEnd: endSession,
          }),
      };
    },
    isRestoring: recovery.isRestoring,
    internal: (request) =>
      isRestoreRequest(request) ? recovery.handle(request) : handleInternal(components(), app, request),
    sockets: {
      hub: ownerStorage.hub,
      beforeNextWrite: ownerStorage.beforeNextWrite,
      isInitialized: ownerStorage.lifecycle.isInitialized,
      presence: ownerStorage.presenceTracker,
      access(caller: Caller) {
        const found = access.accessOf(caller);
        return found === "granted" && roles.isExpired(Date.now()) ? "unknown" : found;
      },
      resolveAccess,
      // Without a role there is no version, as in the attachments of earlier versions.
      permissionVersion: () => roles.version() || undefined,
      rows: ownerStorage.storedRows,
      onUpgrade: access.onUpgrade,
      onUse: access.onUse,
    },
    flushWrites: ownerStorage.flushWrites,
    droppedEvents: ownerStorage.droppedEvents,
    flushOutbox: composed.flushOutbox,
    keyedCalls: ownerStorage.keyedCalls,
    start: ownerStorage.start,
    deadLetters: () => components().deps.outbox.deadLetters(),
    countPending: () => components().deps.outbox.countPending(),
    tables: () => {
      if (!exists()) throw userNotFound();
      return ownerStorage.tables();
    },
    kv: () => {
      if (!exists()) throw userNotFound();
      return ownerStorage.kv();
    },
    schedule: () => {
      if (!exists()) throw userNotFound();
      return createSchedule(ownerStorage.schedules());
    },
    connectSchedules: ownerStorage.connectSchedules,
    events: () => {
      if (!exists()) throw userNotFound();
      return ownerStorage.events();
    },
    setUserFields(patch) {
      if (!exists()) throw userNotFound();
      return composed.setUserFields(patch);
    },
    db: () => {
      if (!exists()) throw userNotFound();
      return ownerStorage.database();
    },
  };
}
