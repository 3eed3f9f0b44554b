import type { AppDefinition } from "../../router/definition.js";
import type { Tables } from "../../router/schema/table-api.js";
import type { User } from "../../shared/account.js";
import { stubOf } from "../../shared/object-stub.js";
import { toName } from "../../shared/owner.js";
import type { AccountHooks } from "../hooks.js";
import type { ObjectEnvironment } from "../kind-of-object.js";
import { createMailAvailability } from "../mail/mail-availability.js";
import { createMailer } from "../mail/create-mailer.js";
import { createMailTokenStore, mailTokenSchema, usedMailTokenSchema } from "../mail/mail-token-store.js";
import { createLeaseHolders, leaseHolderSchema, type LeaseRequest } from "../organizations/lease-holders.js";
import {
  acceptedInvitationSchema,
  createUserOrganizationStore,
  userOrganizationSchema,
} from "../organizations/user-organization-store.js";
import { createUserOrganizations } from "../organizations/user-organizations.js";
import { createInbox, inboxSchema } from "../outbox/create-inbox.js";
import { createOutbox } from "../outbox/create-outbox.js";
import { frameworkTriggersSql } from "../storage/ddl.js";
import { recordedSql } from "../storage/recorded-sql.js";
import { deliverThrough } from "../outbox/deliver-through.js";
import { outboxHeadsSchema } from "../outbox/outbox-heads.js";
import { createOutboxStore, outboxSchema } from "../outbox/outbox-store.js";
import type { OwnerStorage } from "../owner-storage.js";
import { createAccountDeletion, deletionSchema } from "./account-deletion.js";
import { countMail } from "./account-mails.js";
import type { AccountParts } from "./account-parts.js";
import { accountSchema, createAccountStore, profileSchema } from "./account-store.js";
import { auditSchema, createAuditLog } from "./audit-log.js";
import { createDeviceConfirmation } from "./device-confirmation.js";
import { createDeviceEpochStore, deviceEpochSchema } from "./device-epoch.js";
import { createPasswords } from "./create-passwords.js";
import { createSetUserFields } from "./create-set-user-fields.js";
import { createThrottle, throttleSchema } from "./create-throttle.js";
import { createEmailChange } from "./email-change.js";
import { createEmailVerification } from "./email-verification.js";
import { createEventHooks, type EventHookCalls } from "./event-hooks.js";
import { inviterSchema } from "../organizations/inviter-table.js";
import { blockedInviterSchema, createBlockedInviterStore } from "../organizations/blocked-inviters.js";
import { createHashQueue } from "./hash-queue.js";
import { createExportLimit } from "./limit-exports.js";
import { createPendingChangeStore, emailChangeSchema } from "./pending-change.js";
import { createPasswordReset } from "./password-reset.js";
import { createRateLog, rateLogSchema } from "./rate-log.js";
import { sessionSchema, sessionDetailSchema } from "./session-row.js";
import { createSessionStore } from "./session-store.js";
import { toPublicSession } from "./sessions-room.js";
import { createUserAccount, type SignInHook } from "./user-account.js";
import { createUserFieldsStore, userFieldsSchema } from "./user-fields.js";

/** The app's own types are known where it writes its hooks. */
type UserTables = Tables<AppDefinition["tables"]["user"]>;

export interface UserServicesOptions {
  readonly environment: ObjectEnvironment;
  readonly owned: OwnerStorage;
}

/** What a user's object stores beside the app's tables. */
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
  // What queries read is in the log, so that they can be kept live.
  ...frameworkTriggersSql("_account"),
  ...frameworkTriggersSql("_profile", "only"),
  ...frameworkTriggersSql("_user_fields", "only"),
  ...frameworkTriggersSql("_sessions"),
  ...frameworkTriggersSql("_audit"),
];

/** Puts together what the account in a user's object is made of. */
export function createUserServices({ environment, owned }: UserServicesOptions) {
  const { state, env, app, address, alarms, identity, endSession } = environment;
  const { isBorn, birth, erase } = owned.lifetime;
  const sql = recordedSql(state.storage.sql);
  const { onError } = app;
  const transaction = <TResult>(work: () => TResult): TResult => state.storage.transactionSync(work);

  const { profile, fields } = app.definition.app;
  const accounts = createAccountStore({
    sql,
    isBorn,
    hasProfile: profile !== undefined,
    fields: fields && createUserFieldsStore(sql, fields),
  });
  const audit = createAuditLog(sql, app.audit);
  const throttle = createThrottle({ sql, isBorn, birth: transaction, alarms, options: app.throttle });
  const mailTokens = createMailTokenStore(sql);
  const organizationList = createUserOrganizationStore(sql);
  const blockedInviters = createBlockedInviterStore(sql);
  const outboxStore = createOutboxStore(sql);
  const outbox = createOutbox({
    store: outboxStore,
    source: toName(address),
    isBorn,
    alarms,
    transaction,
    deliver: deliverThrough(identity),
    sendMail: createMailer({
      userId: address.id,
      env,
      settings: app.mail,
      identity,
      tokens: mailTokens,
      isWaiting: outboxStore.has,
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
  const own = () => ({ tables: owned.tables() as UserTables, kv: owned.kv(), env, setUserFields });

  const eventCalls: EventHookCalls = {
    onEmailVerified: (user) => app.hooks.onEmailVerified?.({ user, ...own() }),
    onEmailChanged: (user, previousEmail) => app.hooks.onEmailChanged?.({ user, previousEmail, ...own() }),
    onProfileChanged: (user) => app.hooks.onProfileChanged?.({ user, ...own() }),
  };

  const parts: AccountParts = {
    userId: address.id,
    identity,
    accounts,
    sessions: createSessionStore(sql, app.session, leaseHolders.end),
    passwords: createPasswords({ accounts, queue: createHashQueue(app.waitingPasswords), throttle, audit }),
    mail: createMailAvailability({ env, settings: app.mail }),
    mailTokens,
    pendingChanges: createPendingChangeStore(sql),
    deviceEpoch: createDeviceEpochStore(sql),
    outbox,
    audit,
    rates: createRateLog(sql),
    organizations,
    breachLookUp: app.breachLookUp,
    hooks: createEventHooks({ calls: eventCalls, accounts, onError }),
    transaction,
    accessSeconds: app.session.accessToken,
    onSessionEnd: endSession,
  };

  const verification = createEmailVerification(parts);
  const emailChange = createEmailChange(parts);
  const deletion = createAccountDeletion({ parts, sql, isBorn, alarms, erase });

  const hook = (name: "onSignup" | "onLogin"): SignInHook => {
    const call: AccountHooks["onSignup"] = app.hooks[name]?.bind(app.hooks);
    return (user, session) => call?.({ user, session: toPublicSession(session), ...own() });
  };

  function later(work: () => void): void {
    state.waitUntil(
      new Promise<void>((resolve) => {
        setTimeout(() => {
          work();
          resolve();
        }, 0);
      }),
    );
  }

  const exists = (): boolean => isBorn() && !deletion.isUnderWay();

  return {
    parts,
    exists,
    setUserFields,
    emailChange,
    deletion,
    verification,
    deviceConfirmation: createDeviceConfirmation(parts, verification),
    passwordReset: createPasswordReset(parts),
    inbox: createInbox({ sql, transaction, isBorn: exists, handlers: organizations.handlers }),
    organizationList,
    blockedInviters,
    lease: (request: LeaseRequest): number | "ended" | "replaced" =>
      exists() ? transaction(() => leaseHolders.grant(parts.sessions, request)) : "ended",
    account: createUserAccount({
      parts,
      isBorn,
      exists,
      birth,
      onSignup: hook("onSignup"),
      onLogin: hook("onLogin"),
      erase,
      later,
    }),
    limitExport: createExportLimit(),
    onDelete: async (user: User): Promise<void> => app.hooks.onDelete?.({ user, ...own() }),
  };
}

export type UserServices = ReturnType<typeof createUserServices>;
