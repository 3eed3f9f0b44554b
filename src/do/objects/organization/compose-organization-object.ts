import { keepDeleted } from "../../recovery/create-recovery.js";
import superjson from "superjson";
import { ReasonedError } from "../../../router/reasoned-error.js";
import { OWNER } from "../../../router/organizations/role-policy.js";
import type { Delivery, InternalReply, InternalRequest, Receipt } from "../../../shared/internal.js";
import { stubOf } from "../../../shared/object-stub.js";
import { failure, success } from "../../../shared/result.js";
import { sendInternal } from "../../../shared/send-internal.js";
import { parseName, toName } from "../../../shared/owner.js";
import { createRateLog, rateLogSchema } from "../../rate/rate-log.js";
import { createMailAvailability } from "../../mail/mail-availability.js";
import type { ObjectEnvironment } from "../object-handler.js";
import { createObjectOutbox } from "../object-outbox.js";
import type { OwnerStorage } from "../owner-storage.js";
import { createReporter, reportSchema } from "../../directory/create-reporter.js";
import { actionLogSchema, createActionLog } from "../../audit/action-log.js";
import { createInbox, inboxSchema } from "../../messaging/create-inbox.js";
import { createOutboxStore, outboxTables } from "../../messaging/outbox-store.js";
import { recordedSql } from "../../tables/reads/recorded-sql.js";
import {
  createInvitationStore,
  invitationExpirySchema,
  invitationSchema,
} from "../../organizations/invitation-store.js";
import { createMemberRoles, memberRoleSchema } from "../../app-roles/member-roles.js";
import { APP_OBJECT, DENIED_RATE, roleMessage, type DeniedCall } from "../../app-roles/role-messages.js";
import { inviterSchema } from "../../organizations/inviter-table.js";
import { catchClientError } from "../../accounts/client-error-result.js";
import { addMember } from "../../organizations/add-member.js";
import { createInvitations } from "../../organizations/invitations.js";
import { createLeases, leaseGenerationSchema, leaseSchema } from "../../organizations/leases.js";
import { handlersFor, type OrganizationMessages } from "../../organizations/organization-messages.js";
import { createMemberStore, memberSchema } from "../../organizations/member-store.js";
import { createMembership } from "../../organizations/membership.js";
import { createOrganizationDeletion, organizationDeletionSchema } from "../../organizations/organization-deletion.js";
import { describeOrganization } from "../../organizations/organization-overview.js";
import type { OrganizationDeps } from "../../organizations/organization-deps.js";
import { createSuspendedMembers, suspendedMemberSchema } from "../../organizations/suspended-members.js";
import { createOrganizationStore, organizationSchema } from "../../organizations/organization-store.js";

/** The framework's tables of an organization. */
export const organizationTables: readonly string[] = [
  organizationSchema,
  memberSchema,
  suspendedMemberSchema,
  invitationSchema,
  invitationExpirySchema,
  ...inviterSchema("_invitations"),
  leaseSchema,
  leaseGenerationSchema,
  memberRoleSchema,
  actionLogSchema,
  rateLogSchema,
  ...outboxTables,
  inboxSchema,
  organizationDeletionSchema,
  reportSchema,
];

type HandledMessage =
  | "createOrganization"
  | "memberGone"
  | "memberSuspended"
  | "memberUnsuspended"
  | "memberEmail"
  | "endSession"
  | "declineInvitation";

/** Creates the stores and services of an organization, in its own object. */
export function composeOrganizationObject(environment: ObjectEnvironment, ownerStorage: OwnerStorage) {
  const { lifecycle, lastCalls, schemaVersion } = ownerStorage;
  const { isInitialized, initialize, erase } = lifecycle;
  const { state, app, address, alarms, env, identity, suspendUser, endMember } = environment;
  const { storage } = state;
  const sql = recordedSql(storage.sql);
  const organizationId = address.id;
  const transaction = <TResult>(work: () => TResult): TResult => storage.transactionSync(work);
  const user = (userId: string) => stubOf(identity().namespace, { type: "user", id: userId });

  const outbox = createObjectOutbox({
    environment,
    store: createOutboxStore(sql),
    isInitialized,
    sendMail: () =>
      Promise.reject(new Error("An organization's object does not send mail. The object of the address does.")),
    onTargetGone(target) {
      const to = parseName(target);
      if (to?.type === "user") membership.onUserDeleted(to.id);
    },
  });

  const directory = createReporter({
    sql,
    outbox,
    transaction,
    kind: "organization",
    id: organizationId,
    shards: app.directory.shards,
    read() {
      const organization = deps.organizations.read();
      if (!organization) return undefined;
      return {
        createdAt: organization.createdAt.getTime(),
        memberCount: deps.members.count(),
        schema: schemaVersion(),
        ...(app.directory.organizationName && { name: organization.name }),
      };
    },
  });
  const report = (): void => directory.report();

  const members = createMemberStore(sql, report);
  const memberRoles = createMemberRoles({
    sql,
    policy: app.definition.appRoles,
    exists: () => exists(),
    onChange: members.increaseEpoch,
    async request(userId) {
      const found = await sendInternal(user(userId), { op: "memberRoles", organizationId });
      return found.ok ? found.value : undefined;
    },
  });
  const deps: OrganizationDeps = {
    organizationId,
    identity,
    rolePolicy: app.definition.roles,
    organizations: createOrganizationStore(sql, report),
    members,
    memberRoles,
    suspended: createSuspendedMembers(sql),
    invitations: createInvitationStore(sql),
    leases: createLeases({
      sql,
      isInitialized,
      requestLease: ({ userId, ...session }) => sendInternal(user(userId), { op: "lease", organizationId, ...session }),
    }),
    log: createActionLog({
      sql,
      options: app.organizationAudit,
      isInitialized,
      alarms,
      deliver:
        app.onAudit &&
        ((actions) => app.onAudit?.({ owner: { type: "organization", id: organizationId }, actions, env })),
    }),
    rates: createRateLog(sql),
    mail: createMailAvailability({ env, settings: app.mail }),
    outbox,
    directory,
    transaction,
    onMemberSuspended: suspendUser,
    onMemberEnd: endMember,
  };
  const { organizations, leases } = deps;

  const deletion = createOrganizationDeletion({
    deps,
    invitations: () => invitations,
    storage,
    isInitialized,
    alarms,
    erase,
    lastCalls,
    keepDeletedRestore: () => keepDeleted(storage.kv),
    onDelete: () => ownerStorage.schedules().deleteAll(),
  });
  const membership = createMembership({ deps, onEmpty: deletion.begin });
  const invitations = createInvitations({ deps, membership, arm: alarms.arm });

  alarms.register({
    name: "invitations",
    due: () => (isInitialized() ? deps.invitations.nextExpiry() : undefined),
    run: deps.invitations.pruneExpired,
  });

  const inbox = createInbox({
    sql,
    transaction,
    isInitialized,
    handlers: {
      ...memberRoles.handlers,
      ...handlersFor<HandledMessage>({
        createOrganization({ name, settings, userId, email, createdAt }) {
          // An operator repeated a message that had arrived.
          if (organizations.exists() || deletion.isUnderWay()) return;
          const at = new Date(createdAt);
          organizations.insert({ id: organizationId, name, createdAt: at, settings: superjson.parse(settings) });
          members.insert({ userId, email, role: OWNER, joinedAt: at, invitationId: undefined });
          deps.log.add({ actor: { type: "user", id: userId }, action: "organization.create" });
        },
        memberGone: ({ userId }) => membership.onUserDeleted(userId),
        memberSuspended: ({ userId, until }) => membership.onUserSuspended(userId, until),
        memberUnsuspended: ({ userId }) => deps.suspended.delete(userId),
        memberEmail: ({ userId, email }) => membership.setEmail(userId, email),
        endSession: ({ sessionId }) => endSession(sessionId),
        declineInvitation: (answering) => void invitations.decline(answering),
      }),
    },
  });

  function endSession(sessionId: string): void {
    leases.revoke(sessionId);
    environment.endSession(sessionId);
  }

  function receive(delivery: Delivery): Receipt {
    const [first] = delivery.letters;
    if (isInitialized() || first?.kind !== ("createOrganization" satisfies keyof OrganizationMessages)) {
      return inbox.receive(delivery);
    }
    // The organization was created before, and has been deleted since.
    if (deletion.wasDeleted()) return { done: delivery.letters.length, gone: true };
    // The message initializes the object, in one transaction with its effect.
    initialize(() => {
      const { done, error } = inbox.receive({ ...delivery, letters: [first] });
      if (done === 0) throw new Error(error);
    });
    return inbox.receive(delivery);
  }

  type AnswerInvitation = Extract<InternalRequest, { op: "answerInvitation" }>;

  async function answerInvitation(request: AnswerInvitation): Promise<InternalReply<AnswerInvitation>> {
    if (!exists()) return failure("INVITATION_INVALID");
    if (request.answer === "decline")
      return invitations.decline(request) ? success("declined") : failure("INVITATION_INVALID");
    if (!invitations.accept(request)) return failure("INVITATION_INVALID");
    // Delivers the membership to the user's object before the reply.
    await outbox.flushTarget(toName({ type: "user", id: request.userId }));
    return success("accepted");
  }

  const exists = (): boolean => isInitialized() && organizations.exists();

  /** Deletes the organization for an operator, as an owner can. */
  async function deleteForOperator(): Promise<InternalReply<Extract<InternalRequest, { op: "deleteOrganization" }>>> {
    const isUnderWay = isInitialized() && !organizations.exists();
    if (!exists() && !isUnderWay && !deletion.wasDeleted()) return failure("ORGANIZATION_NOT_FOUND");
    if (exists()) transaction(deletion.begin);
    if (isInitialized()) await outbox.flush();
    await deletion.finish();
    return success({ applied: !isInitialized() || outbox.countPending() === 0 });
  }

  type AddMember = Extract<InternalRequest, { op: "addMember" }>;
  type ImportData = Extract<InternalRequest, { op: "importData" }>;

  /** Adds a member for an import. */
  async function addImportedMember({ userId, role, joinedAt }: AddMember): Promise<InternalReply<AddMember>> {
    if (!exists()) return failure("ORGANIZATION_NOT_FOUND");
    return catchClientError(async () => {
      if (!deps.rolePolicy.has(role)) throw roleUnknown(role);
      const isNew = members.find(userId) === undefined;
      await addMember(deps, membership, { userId, role, joinedAt });
      return success({ isNew });
    });
  }

  return {
    addMember: addImportedMember,
    importData: (records: ImportData["records"]): InternalReply<ImportData> =>
      exists() ? success(ownerStorage.importData(records)) : failure("ORGANIZATION_NOT_FOUND"),
    deps,
    exists,
    memberRoles,
    membership,
    invitations,
    deletion,
    /** Reports a call that was refused, for the audit log of the app. */
    reportDenied(denied: DeniedCall): void {
      if (deps.rates.take(`denied ${denied.userId}`, DENIED_RATE, Date.now()))
        outbox.post(roleMessage(APP_OBJECT, "permissionDenied", denied));
    },
    receive,
    deleteForOperator,
    describe: () =>
      describeOrganization({
        deps,
        exists,
        storageBytes: () => sql.databaseSize,
        schemaVersion: lifecycle.schemaVersion,
      }),
    answerInvitation,
    isLastOwner: (userId: string): boolean =>
      exists() && members.count() > 1 && members.count(OWNER) === 1 && members.find(userId)?.role === OWNER,
  };
}

function roleUnknown(role: string): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "ROLE_NOT_FOUND",
    message: `The organization has no role "${role.slice(0, 80)}". Declare it in \`roles\`, or use another one.`,
  });
}
