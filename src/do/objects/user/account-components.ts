import { keepDeleted } from "../../recovery/create-recovery.js";
import { createSchedule } from "../../../router/schedule/create-schedule.js";
import type { SetUserFields } from "../../../router/user-fields.js";
import type { AppDefinition } from "../../../router/definition.js";
import type { Tables } from "../../../router/schema/table-api.js";
import type { User } from "../../../shared/account.js";
import type { InternalReply, InternalRequest, SessionFailure } from "../../../shared/internal.js";
import { stubOf } from "../../../shared/object-stub.js";
import { failure, success, type Result } from "../../../shared/result.js";
import type { AccountHooks } from "../../accounts/account-hooks.js";
import type { ObjectEnvironment } from "../object-handler.js";
import { createObjectOutbox } from "../object-outbox.js";
import { createMailAvailability } from "../../mail/mail-availability.js";
import { createMailer } from "../../mail/create-mailer.js";
import { createMailTokenStore } from "../../mail/mail-token-store.js";
import { accountLeaseOf, createLeaseHolders, type LeaseRequest } from "../../organizations/lease-holders.js";
import { createUserOrganizationStore } from "../../organizations/user-organization-store.js";
import { createUserOrganizations } from "../../organizations/user-organizations.js";
import { createInbox } from "../../messaging/create-inbox.js";
import { createOutboxStore } from "../../messaging/outbox-store.js";
import type { OwnerStorage } from "../owner-storage.js";
import { createOperatorComponents } from "./operator-components.js";
import { createAccountDeletion } from "../../accounts/account-deletion.js";
import { countMail } from "../../accounts/account-mails.js";
import type { UserRoleStore } from "../../app-roles/user-role-store.js";
import { bootstrapEmailOf } from "../../app-roles/bootstrap-email.js";
import { createUserRoles } from "../../app-roles/user-roles.js";
import type { AccountDeps } from "../../accounts/account-deps.js";
import type { AccountStore } from "../../accounts/account-store.js";
import { suspendedUntil, type SuspensionStore } from "../../accounts/suspension.js";
import { createAuditLog } from "../../accounts/audit-log.js";
import { createDeviceConfirmation } from "../../accounts/sessions/device-confirmation.js";
import { createDeviceEpochStore } from "../../accounts/sessions/device-epoch.js";
import { createPasswords } from "../../accounts/passwords/create-passwords.js";
import { createThrottle } from "../../rate/create-throttle.js";
import { createEmailChange } from "../../accounts/email/email-change.js";
import { createEmailVerification } from "../../accounts/email/email-verification.js";
import { createEventHooks, type EventHookCalls } from "../../accounts/event-hooks.js";
import { createBlockedInviterStore } from "../../organizations/blocked-inviters.js";
import type { ExportOptions } from "../../accounts/export-records.js";
import { SMALL_PAGE_BYTES } from "../../tables/query/page-bytes.js";
import { createExportLimit } from "../../accounts/limit-exports.js";
import { createPendingEmailChangeStore } from "../../accounts/email/pending-change.js";
import { createPasswordReset } from "../../accounts/passwords/password-reset.js";
import { createRateLog } from "../../rate/rate-log.js";
import { createFindSession } from "../../accounts/sessions/create-find-session.js";
import type { SessionAccess } from "../../accounts/sessions/session-access.js";
import type { SessionStore } from "../../accounts/sessions/session-store.js";
import { createSocketTickets } from "../../accounts/sessions/socket-tickets.js";
import { toPublicSession } from "../../accounts/sessions/sessions-service.js";
import { createUserReporter } from "../../accounts/user-reporter.js";
import { createUserAccount, type SignInHook } from "../../accounts/user-account.js";

/** The types of the app are known only in the options of `createUserDO`. */
type UserTables = Tables<AppDefinition["tables"]["user"]>;
export interface AccountComponentsOptions {
  readonly environment: ObjectEnvironment;
  readonly ownerStorage: OwnerStorage;
  readonly accounts: AccountStore;
  readonly roles: UserRoleStore;
  readonly sessions: SessionStore;
  readonly suspension: SuspensionStore;
  readonly access: SessionAccess;
  readonly setUserFields: SetUserFields;
  /** Whether the object is initialized and its account is not being deleted. */
  readonly exists: () => boolean;
}

/** Creates the stores and features of an account. Authorization does not need them. */
export function createAccountComponents(options: AccountComponentsOptions) {
  const { environment, ownerStorage, accounts, roles, sessions, suspension, access, setUserFields, exists } = options;
  const { state, env, app, address, alarms, identity, endSession, suspendUser } = environment;
  const { sql } = ownerStorage;
  const { isInitialized, initialize } = ownerStorage.lifecycle;
  const erase = (): Promise<void> => ownerStorage.lifecycle.erase(keepDeleted(state.storage.kv));
  const { onError } = app;
  const transaction = <TResult>(work: () => TResult): TResult => state.storage.transactionSync(work);

  const audit = createAuditLog(sql, app.audit);
  const throttle = createThrottle({ sql, isInitialized, initialize: transaction, alarms, options: app.throttle });
  const mailTokens = createMailTokenStore(sql);
  const organizationList = createUserOrganizationStore(sql, () => directory.report());
  const blockedInviters = createBlockedInviterStore(sql);
  const outboxStore = createOutboxStore(sql);
  const outbox = createObjectOutbox({
    environment,
    store: outboxStore,
    isInitialized,
    sendMail: createMailer({
      userId: address.id,
      env,
      settings: app.mail,
      identity,
      tokens: mailTokens,
      isPending: outboxStore.has,
      count: (notice) => countMail(identity, notice),
    }),
  });

  const directory = createUserReporter({
    sql,
    outbox,
    transaction,
    userId: address.id,
    settings: app.directory,
    accounts,
    countOrganizations: () => organizationList.count(),
    schemaVersion: ownerStorage.schemaVersion,
    operatorState: () => ({
      roles: roles.read().roles.map(({ name }) => name),
      suspendedUntil: suspendedUntil(suspension.read(Date.now())),
    }),
  });

  const leaseHolders = createLeaseHolders({ sql, outbox });
  const organizations = createUserOrganizations({
    userId: address.id,
    store: organizationList,
    blocked: blockedInviters,
    accounts,
    suspension: () => suspension.read(Date.now()),
    outbox,
    stub: (id) => stubOf(identity().namespace, { type: "organization", id }),
  });

  const rates = createRateLog(sql);
  const userRoles = createUserRoles({
    userId: address.id,
    sql,
    store: roles,
    identity,
    outbox,
    rates,
    transaction,
    exists,
    onChange: () => directory.report(),
    hasRoles: Object.keys(app.definition.app.appRoles).length > 0,
    bootstrapEmail: bootstrapEmailOf(env),
  });

  /** The part of the event that every hook receives. */
  const hookContext = () => ({
    tables: ownerStorage.tables() as UserTables,
    kv: ownerStorage.kv(),
    schedule: createSchedule<"user">(ownerStorage.schedules()),
    events: ownerStorage.events(),
    env,
    setUserFields,
  });

  const eventCalls: EventHookCalls = {
    onEmailVerified: (user) => app.hooks.onEmailVerified?.({ user, ...hookContext() }),
    onEmailChanged: (user, previousEmail) => app.hooks.onEmailChanged?.({ user, previousEmail, ...hookContext() }),
    onProfileChanged: (user) => app.hooks.onProfileChanged?.({ user, ...hookContext() }),
  };

  const deps: AccountDeps = {
    userId: address.id,
    identity,
    accounts,
    sessions,
    suspension,
    passwords: createPasswords({ accounts, throttle, audit, limits: app }),
    mail: createMailAvailability({ env, settings: app.mail }),
    mailTokens,
    pendingChanges: createPendingEmailChangeStore(sql),
    deviceEpoch: createDeviceEpochStore(sql),
    outbox,
    audit,
    rates,
    organizations,
    roles: userRoles,
    directory,
    checkBreachedPassword: app.checkBreachedPassword,
    hooks: createEventHooks({ calls: eventCalls, accounts, onError }),
    transaction,
    accessSeconds: app.session.accessToken,
    onSuspend: () => suspendUser(address.id),
    onSessionEnd: endSession,
  };

  const verification = createEmailVerification(deps);
  const emailChange = createEmailChange(deps);
  const deletion = createAccountDeletion({
    deps,
    sql,
    isInitialized,
    alarms,
    erase,
    schedules: ownerStorage.schedules,
    onDelete: () => leaseHolders.revoke([accountLeaseOf(address.id)]),
  });
  const onDelete = async (user: User): Promise<void> => app.hooks.onDelete?.({ user, ...hookContext() });

  const hook = (name: "onSignup" | "onLogin"): SignInHook => {
    const call: AccountHooks["onSignup"] = app.hooks[name]?.bind(app.hooks);
    return (user, session) => call?.({ user, session: toPublicSession(session), ...hookContext() });
  };

  function grantLease(request: LeaseRequest): Result<number, SessionFailure> {
    const suspended = suspension.read(Date.now());
    if (suspended) return { ...failure("ACCOUNT_SUSPENDED"), until: suspended.until };
    return leaseHolders.grant(sessions, request);
  }

  function runLater(work: () => void): void {
    state.waitUntil(
      new Promise<void>((resolve) => {
        setTimeout(() => {
          work();
          resolve();
        }, 0);
      }),
    );
  }

  const exportedData = (): ExportOptions => ({
    accounts,
    sessions,
    audit,
    emailChange,
    organizations: organizationList,
    blockedInviters,
    tables: ownerStorage.readableTables(),
    tableNames: [...app.tables.user.tables.keys()],
    rowSizes: ownerStorage.rowSizes,
    kv: ownerStorage.kv(undefined, undefined, SMALL_PAGE_BYTES),
    schedules: ownerStorage.schedules(),
  });

  return {
    deps,
    exists,
    exportedData,
    access,
    emailChange,
    deletion,
    verification,
    deviceConfirmation: createDeviceConfirmation(deps, verification),
    passwordReset: createPasswordReset(deps),
    inbox: createInbox({
      sql,
      transaction,
      isInitialized: exists,
      handlers: { ...organizations.handlers, ...userRoles.handlers },
    }),
    userRoles,
    organizationList,
    blockedInviters,
    lease: (request: LeaseRequest): Result<number, SessionFailure> =>
      exists() ? transaction(() => grantLease(request)) : failure("SESSION_ENDED"),
    leaseAccount: (): InternalReply<Extract<InternalRequest, { op: "leaseAccount" }>> => {
      if (!exists()) return failure("USER_NOT_FOUND");
      const suspended = suspension.read(Date.now());
      if (suspended) return { ...failure("ACCOUNT_SUSPENDED"), until: suspended.until };
      return success(transaction(() => leaseHolders.grantAccount(address.id)));
    },
    revokeLeases: leaseHolders.revoke,
    account: createUserAccount({
      deps,
      isInitialized,
      exists,
      initialize,
      onSignup: hook("onSignup"),
      onLogin: hook("onLogin"),
      erase,
      runLater,
    }),
    findSession: createFindSession({
      userId: address.id,
      identity,
      isInitialized: exists,
      accounts,
      sessions,
      renewRoles: userRoles.renewIfExpired,
    }),
    tickets: createSocketTickets({
      userId: address.id,
      identity,
      authorize: (caller) => access.authorize(caller) || access.accessOf(caller) === "suspended",
    }),
    limitExport: createExportLimit(),
    onDelete,
    ...createOperatorComponents({
      environment,
      ownerStorage,
      deps,
      exists,
      deletion,
      onDelete,
      organizationList,
      exportedData,
      userRoles,
      leaseHolders,
      blockedInviters,
    }),
  };
}

export type AccountComponents = ReturnType<typeof createAccountComponents>;
