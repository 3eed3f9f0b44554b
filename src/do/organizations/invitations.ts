import { ReasonedError } from "../../router/reasoned-error.js";
import { builtinPermissions } from "../../router/organizations/role-definitions.js";
import { emailObjectAddress } from "../../shared/email-object-address.js";
import type { AuditActor } from "../../shared/audited-action.js";
import { randomId } from "../../shared/random-id.js";
import { toName } from "../../shared/owner.js";
import { askToInvite } from "./ask-to-invite.js";
import type { InvitationRow } from "./invitation-store.js";
import { messageTo } from "./organization-messages.js";
import type { Membership } from "./membership.js";
import type { MemberRow } from "./member-store.js";
import type { OrganizationDeps } from "./organization-deps.js";
import { assertOutranks, auditActorOf, outranks, type ActingMember } from "./role-checks.js";

const HOUR = 60 * 60_000;
/** How long an invitation is valid. */
const LIFETIME_MS = 7 * 24 * HOUR;
/** Limit of mails from this organization to one address. The object of the address limits all organizations together. */
const MAIL_RATE = { limit: 3, per: HOUR };
/** Limit of invitations that wait for an answer at the same time. */
const MAX_WAITING = 1_000;

/** The answer of a user. The user's object has checked that the address is verified. */
export interface InvitationAnswer {
  readonly invitationId: string;
  readonly userId: string;
  readonly email: string;
}

/** An address to invite, and the role it is invited to. */
export interface NewInvitation {
  readonly email: string;
  readonly role: string;
}

/** The inviter: a member, or the app itself. */
export type InvitingActor = ActingMember & ("system" | { readonly email: string });

export interface InvitationsOptions {
  readonly deps: OrganizationDeps;
  readonly membership: Membership;
  readonly arm: () => void;
}

/** Manages the invitations of an organization. Only the organization decides whether an invitation is valid. */
export function createInvitations({ deps, membership, arm }: InvitationsOptions) {
  const {
    organizationId,
    identity,
    rolePolicy,
    organizations,
    members,
    invitations,
    log,
    rates,
    mail,
    outbox,
    transaction,
  } = deps;

  const targetOf = async (email: string) => toName(await emailObjectAddress(identity().secrets.index, email));

  /** Sends the invitation to the object of its address. */
  function notifyAddress(invitation: InvitationRow, mail: boolean): void {
    const { id, email, role, inviterId, inviterVerified, invitedBy, expiresAt, target } = invitation;
    const name = organizations.read()?.name ?? "";
    const inviter = inviterId === undefined ? undefined : { userId: inviterId, emailVerified: inviterVerified };
    const payload = {
      id,
      email,
      organizationId,
      name,
      role,
      invitedBy,
      inviter,
      expiresAt: expiresAt.getTime(),
      mail,
    };
    outbox.post(messageTo(target, "invitation", payload));
  }

  /** Adds an action on an invitation to the audit log. Not its address, which must not outlive the invitation. */
  function record(actor: AuditActor, action: string, { id, role }: Pick<InvitationRow, "id" | "role">): void {
    log.add({ actor, action: `invitation.${action}`, target: { type: "invitation", id }, detail: role });
  }

  function withdraw({ id, target }: InvitationRow): void {
    invitations.delete(id);
    outbox.post(messageTo(target, "withdrawInvitation", { id }));
  }

  /** Counts under the name of the address's object, because the address must not outlive its invitation. */
  function countMail(target: string): void {
    mail.assertConfigured();
    const now = Date.now();
    rates.prune(now - MAIL_RATE.per);
    if (!rates.take(target, MAIL_RATE, now)) throw tooManyMails();
  }

  function waiting(id: string): InvitationRow | undefined {
    const invitation = invitations.find(id);
    return invitation && invitation.expiresAt.getTime() > Date.now() ? invitation : undefined;
  }

  /** Whether the inviter still has the permission. A permission that was revoked must not add members. */
  function isStillAuthorized({ inviterId, role }: InvitationRow): boolean {
    if (inviterId === undefined) return true;
    const member = members.find(inviterId);
    if (!member || !rolePolicy.allows(member.role, builtinPermissions.manageMembers)) return false;
    return rolePolicy.has(role) && outranks(rolePolicy, member, role);
  }

  /** @throws TRPCError NOT_FOUND (INVITATION_NOT_FOUND), FORBIDDEN (ROLE_TOO_HIGH) */
  function readInvitationToResend(id: string, by: ActingMember): InvitationRow {
    const invitation = waiting(id);
    if (!invitation) throw invitationNotFound();
    assertOutranks(rolePolicy, by, invitation.role);
    return invitation;
  }

  /**
   * Returns the invitation that already waits for the address, if it has the same role.
   * @throws TRPCError FORBIDDEN (ROLE_TOO_HIGH), CONFLICT (ALREADY_MEMBER)
   */
  function findSame({ email, role }: NewInvitation, by: ActingMember): InvitationRow | undefined {
    assertOutranks(rolePolicy, by, role);
    if (members.hasEmail(email)) throw alreadyMember();
    const before = invitations.findByEmail(email);
    if (!before || !waiting(before.id)) return undefined;
    if (before.role === role) return before;
    assertOutranks(rolePolicy, by, before.role);
    return undefined;
  }

  function accept({ invitationId, userId, email }: InvitationAnswer): MemberRow | undefined {
    const member = members.find(userId);
    const invitation = waiting(invitationId);
    // The user repeats the call because the reply was lost.
    if (!invitation) return member?.invitationId === invitationId ? member : undefined;
    if (invitation.email !== email) return undefined;
    const granted = isStillAuthorized(invitation);
    withdraw(invitation);
    if (member || !granted) return member;
    record({ type: "user", id: userId }, "accept", invitation);
    membership.add({ userId, email, role: invitation.role, joinedAt: new Date(), invitationId });
    return members.find(userId);
  }

  return {
    list: () => invitations.list().filter(({ expiresAt }) => expiresAt.getTime() > Date.now()),

    /**
     * @param actor returns the inviter. Called before anything else, and again inside the transaction
     * @throws TRPCError FORBIDDEN (ROLE_TOO_HIGH), CONFLICT (ALREADY_MEMBER), PRECONDITION_FAILED (MAIL_NOT_CONFIGURED),
     *   TOO_MANY_REQUESTS (TOO_MANY_INVITATIONS, TOO_MANY_MAILS, INVITATION_QUOTA)
     */
    async invite({ email, role }: NewInvitation, actor: () => InvitingActor): Promise<InvitationRow> {
      const target = await targetOf(email);
      const asked = actor();
      const same = findSame({ email, role }, asked);
      if (same) return same;
      mail.assertConfigured();
      const inviter = asked === "system" ? undefined : { userId: asked.userId, email: asked.email };
      const { inviterVerified } = await askToInvite(deps, { email, inviter });
      return transaction(() => {
        const by = actor();
        // Another call may have come first.
        const existing = findSame({ email, role }, by);
        if (existing) return existing;
        countMail(target);
        const before = invitations.findByEmail(email);
        if (before) withdraw(before);
        if (invitations.list().length >= MAX_WAITING) throw tooManyWaiting();
        const now = Date.now();
        const invitedBy = by === "system" ? undefined : by.email;
        const invitation: InvitationRow = {
          id: randomId(),
          email,
          role,
          inviterId: by === "system" ? undefined : by.userId,
          inviterVerified: inviterVerified && invitedBy === inviter?.email,
          invitedBy,
          target,
          createdAt: new Date(now),
          expiresAt: new Date(now + LIFETIME_MS),
        };
        invitations.insert(invitation);
        record(auditActorOf(by), "create", invitation);
        notifyAddress(invitation, true);
        arm();
        return invitation;
      });
    },

    /** Returns whether the invitation existed. @throws TRPCError FORBIDDEN (ROLE_TOO_HIGH) */
    cancel(actor: ActingMember, id: string): boolean {
      const invitation = waiting(id);
      if (!invitation) return false;
      assertOutranks(rolePolicy, actor, invitation.role);
      record(auditActorOf(actor), "cancel", invitation);
      withdraw(invitation);
      return true;
    },

    /**
     * @param actor as for `invite`
     * @throws TRPCError NOT_FOUND (INVITATION_NOT_FOUND), FORBIDDEN (ROLE_TOO_HIGH), PRECONDITION_FAILED (MAIL_NOT_CONFIGURED),
     *   TOO_MANY_REQUESTS (TOO_MANY_INVITATIONS, TOO_MANY_MAILS)
     */
    async resend(id: string, actor: () => InvitingActor): Promise<InvitationRow> {
      const { email, inviterId, invitedBy } = readInvitationToResend(id, actor());
      mail.assertConfigured();
      const inviter =
        inviterId === undefined || invitedBy === undefined ? undefined : { userId: inviterId, email: invitedBy };
      const { inviterVerified } = await askToInvite(deps, { email, inviter });
      return transaction(() => {
        const by = actor();
        const invitation = readInvitationToResend(id, by);
        record(auditActorOf(by), "resend", invitation);
        countMail(invitation.target);
        const renewed = { ...invitation, inviterVerified, expiresAt: new Date(Date.now() + LIFETIME_MS) };
        invitations.renew(renewed);
        notifyAddress(renewed, true);
        arm();
        return renewed;
      });
    },

    /** Adds the user as a member. Returns the same for a repeated call, and `undefined` for an invalid invitation. */
    accept: (answering: InvitationAnswer): MemberRow | undefined => transaction(() => accept(answering)),

    /** Returns whether the invitation was valid and sent to the user's address. */
    decline: ({ invitationId, userId, email }: InvitationAnswer): boolean =>
      transaction(() => {
        const invitation = waiting(invitationId);
        if (invitation?.email !== email) return false;
        record({ type: "user", id: userId }, "decline", invitation);
        withdraw(invitation);
        return true;
      }),

    /** Sends all invitations again without a mail, after the organization was renamed. */
    notifyAll(): void {
      for (const invitation of invitations.list()) notifyAddress(invitation, false);
    },

    withdrawAll(): void {
      for (const invitation of invitations.list()) withdraw(invitation);
    },
  };
}

export type Invitations = ReturnType<typeof createInvitations>;

function invitationNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "INVITATION_NOT_FOUND",
    message: "This invitation does not exist or is no longer valid. Reload the list of invitations.",
  });
}

function alreadyMember(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "ALREADY_MEMBER",
    message: "Someone with this email address is already a member. Change their role instead of inviting them.",
  });
}

function tooManyMails(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "TOO_MANY_MAILS",
    message: "This address was invited three times within the last hour. Try again later.",
  });
}

function tooManyWaiting(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "INVITATION_QUOTA",
    message: `${MAX_WAITING} invitations to this organization are waiting for an answer. Cancel some of them, or wait until they are answered or expire.`,
  });
}
