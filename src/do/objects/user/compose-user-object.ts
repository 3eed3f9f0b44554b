import type { AppDefinition } from "../../../router/definition.js";
import type { Tables } from "../../../router/schema/table-api.js";
import type { User } from "../../../shared/account.js";
import type { SessionFailure } from "../../../shared/internal.js";
import { stubOf } from "../../../shared/object-stub.js";
import { failure, type Result } from "../../../shared/result.js";
import { toName } from "../../../shared/owner.js";
import type { AccountHooks } from "../../accounts/account-hooks.js";
import type { ObjectEnvironment } from "../object-handler.js";
import { createMailAvailability } from "../../mail/mail-availability.js";
import { createMailer } from "../../mail/create-mailer.js";
import { createMailTokenStore, mailTokenSchema, usedMailTokenSchema } from "../../mail/mail-token-store.js";
import { createLeaseHolders, leaseHolderSchema, type LeaseRequest } from "../../organizations/lease-holders.js";
import {
  acceptedInvitationSchema,
  createUserOrganizationStore,
  userOrganizationSchema,
} from "../../organizations/user-organization-store.js";
import { createUserOrganizations } from "../../organizations/user-organizations.js";
import { createInbox, inboxSchema } from "../../messaging/create-inbox.js";
import { createOutbox } from "../../messaging/create-outbox.js";
import { frameworkTriggersSql } from "../../tables/schema/change-log-sql.js";
import { recordedSql } from "../../tables/reads/recorded-sql.js";
import { createMessageDelivery } from "../../messaging/message-delivery.js";
import { outboxHeadsSchema } from "../../messaging/outbox-heads.js";
import { createOutboxStore, outboxSchema } from "../../messaging/outbox-store.js";
import type { OwnerStorage } from "../owner-storage.js";
import { createAccountDeletion, deletionSchema } from "../../accounts/account-deletion.js";
import { countMail } from "../../accounts/account-mails.js";
import type { AccountDeps } from "../../accounts/account-deps.js";
import { accountSchema, createAccountStore, profileSchema } from "../../accounts/account-store.js";
import { auditSchema, createAuditLog } from "../../accounts/audit-log.js";
import { createDeviceConfirmation } from "../../accounts/sessions/device-confirmation.js";
import { createDeviceEpochStore, deviceEpochSchema } from "../../accounts/sessions/device-epoch.js";
import { createPasswords } from "../../accounts/passwords/create-passwords.js";
import { createSetUserFields } from "../../accounts/create-set-user-fields.js";
import { createThrottle, throttleSchema } from "../../rate/create-throttle.js";
import { createEmailChange } from "../../accounts/email/email-change.js";
import { createEmailVerification } from "../../accounts/email/email-verification.js";
import { createEventHooks, type EventHookCalls } from "../../accounts/event-hooks.js";
import { inviterSchema } from "../../organizations/inviter-table.js";
import { blockedInviterSchema, createBlockedInviterStore } from "../../organizations/blocked-inviters.js";
import { createHashQueue } from "../../accounts/passwords/hash-queue.js";
import { createExportLimit } from "../../accounts/limit-exports.js";
import { createPendingEmailChangeStore, emailChangeSchema } from "../../accounts/email/pending-change.js";
import { createPasswordReset } from "../../accounts/passwords/password-reset.js";
import { createRateLog, rateLogSchema } from "../../rate/rate-log.js";
import { sessionSchema, sessionDetailSchema } from "../../accounts/sessions/session-row.js";
import { createSessionStore } from "../../accounts/sessions/session-store.js";
import { toPublicSession } from "../../accounts/sessions/sessions-service.js";
import { createUserAccount, type SignInHook } from "../../accounts/user-account.js";
import { createUserFieldsStore, userFieldsSchema } from "../../accounts/user-fields.js";

/** The types of the app are known only in the options of `createUserDO`. */
type UserTables = Tables<AppDefinition["tables"]["user"]>;

export interface ComposeUserObjectOptions {
  readonly environment: ObjectEnvironment;
  readonly ownerStorage: OwnerStorage;
}

/** The framework's tables of a user. */
export const accountTables: readonly string[] = [
  accountSchema,
  profileSchema,
  userFieldsSchema,
  sessionSchema,
  ...sessionDetailSchema,
  outboxSchema,
  outboxHeadsSchema,
  inboxSchema,
  mailTokenSchema,
  usedMailTokenSchema,
  auditSchema,
  rateLogSchema,
  throttleSchema,
  emailChangeSchema,
  deviceEpochSchema,
  deletionSchema,
  userOrganizationSchema,
  ...inviterSchema("_invited"),
  acceptedInvitationSchema,
  blockedInviterSchema,
  leaseHolderSchema,
  // Tables that built-in queries read are logged, so that these queries can be live.
  ...frameworkTriggersSql("_account"),
  ...frameworkTriggersSql("_profile", "only"),
  ...frameworkTriggersSql("_user_fields", "only"),
  ...frameworkTriggersSql("_sessions"),
  ...frameworkTriggersSql("_audit"),
];

/** Creates the stores and services of an account, in the user's own object. */
export function composeUserObject({ environment, ownerStorage }: ComposeUserObjectOptions) {
  const { state, env, app, address, alarms, identity, endSession } = environment;
  const { isInitialized, initialize, erase } = ownerStorage.lifecycle;
  const sql = recordedSql(state.storage.sql);
  const { onError } = app;
  const transaction = <TResult>(work: () => TResult): TResult => state.storage.transactionSync(work);

  const { profile, fields } = app.definition.app;
  const accounts = createAccountStore({
    sql,
    isInitialized,
    hasProfile: profile !== undefined,
    fields: fields && createUserFieldsStore(sql, fields),
  });
  const audit = createAuditLog(sql, app.audit);
  const throttle = createThrottle({ sql, isInitialized, initialize: transaction, alarms, options: app.throttle });
  const mailTokens = createMailTokenStore(sql);
  const organizationList = createUserOrganizationStore(sql);
  const blockedInviters = createBlockedInviterStore(sql);
  const outboxStore = createOutboxStore(sql);
  const outbox = createOutbox({
    store: outboxStore,
    source: toName(address),
    isInitialized,
    alarms,
    transaction,
    deliver: createMessageDelivery(identity),
    sendMail: createMailer({
      userId: address.id,
      env,
      settings: app.mail,
      identity,
      tokens: mailTokens,
      isPending: outboxStore.has,
      count: (notice) => countMail(identity, notice),
    }),
    onError,
  });

  const leaseHolders = createLeaseHolders({ sql, outbox });
  const organizations = createUserOrganizations({
    userId: address.id,
    store: organizationList,
    blocked: blockedInviters,
    accounts,
    outbox,
    stub: (id) => stubOf(identity().namespace, { type: "organization", id }),
  });

  const setUserFields = createSetUserFields(accounts);

  /** The part of the event that every hook receives. */
  const hookContext = () => ({
    tables: ownerStorage.tables() as UserTables,
    kv: ownerStorage.kv(),
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
    sessions: createSessionStore(sql, app.session, leaseHolders.revoke),
    passwords: createPasswords({ accounts, queue: createHashQueue(app.maxQueuedHashes), throttle, audit }),
    mail: createMailAvailability({ env, settings: app.mail }),
    mailTokens,
    pendingChanges: createPendingEmailChangeStore(sql),
    deviceEpoch: createDeviceEpochStore(sql),
    outbox,
    audit,
    rates: createRateLog(sql),
    organizations,
    checkBreachedPassword: app.checkBreachedPassword,
    hooks: createEventHooks({ calls: eventCalls, accounts, onError }),
    transaction,
    accessSeconds: app.session.accessToken,
    onSessionEnd: endSession,
  };

  const verification = createEmailVerification(deps);
  const emailChange = createEmailChange(deps);
  const deletion = createAccountDeletion({ deps, sql, isInitialized, alarms, erase });

  const hook = (name: "onSignup" | "onLogin"): SignInHook => {
    const call: AccountHooks["onSignup"] = app.hooks[name]?.bind(app.hooks);
    return (user, session) => call?.({ user, session: toPublicSession(session), ...hookContext() });
  };

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

  const exists = (): boolean => isInitialized() && !deletion.isUnderWay();

  return {
    deps,
    exists,
    setUserFields,
    emailChange,
    deletion,
    verification,
    deviceConfirmation: createDeviceConfirmation(deps, verification),
    passwordReset: createPasswordReset(deps),
    inbox: createInbox({ sql, transaction, isInitialized: exists, handlers: organizations.handlers }),
    organizationList,
    blockedInviters,
    lease: (request: LeaseRequest): Result<number, SessionFailure> =>
      exists() ? transaction(() => leaseHolders.grant(deps.sessions, request)) : failure("SESSION_ENDED"),
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
    limitExport: createExportLimit(),
    onDelete: async (user: User): Promise<void> => app.hooks.onDelete?.({ user, ...hookContext() }),
  };
}

export type UserComponents = ReturnType<typeof composeUserObject>;
