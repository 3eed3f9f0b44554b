import { ReasonedError } from "../../router/reasoned-error.js";
import { builtinPermissions } from "../../router/organizations/role-definitions.js";
import { emailAddressOf } from "../../shared/email-index.js";
import { randomId } from "../../shared/random-id.js";
import { toName } from "../../shared/owner.js";
import { askToInvite } from "./ask-to-invite.js";
import type { InvitationRow } from "./invitation-store.js";
import { messageTo } from "./organization-messages.js";
import type { Membership } from "./membership.js";
import type { MemberRow } from "./member-store.js";
import type { OrganizationDeps } from "./organization-deps.js";
import { assertOutranks, outranks, type ActingMember } from "./rank.js";

const HOUR = 60 * 60_000;
/** How long an invitation waits for its answer. */
const LIFETIME_MS = 7 * 24 * HOUR;
/** Mails to one address. Its own object bounds what all organizations together send. */
const MAIL_RATE = { limit: 3, per: HOUR };
/** Most that wait at once. */
const MAX_WAITING = 1_000;

/** Who answers an invitation: a user whose own object knows that the address is theirs. */
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

/** The invitations to an organization, which alone says whether one still holds. */
export function createInvitations({ deps, membership, arm }: InvitationsOptions) {
  const {
    organizationId,
    identity,
    rolePolicy,
    organizations,
    members,
    invitations,
    rates,
    mail,
    outbox,
    transaction,
  } = deps;

  const targetOf = async (email: string) => toName(await emailAddressOf(identity().secrets.index, email));

  /** Says at the address what is waiting there. */
  function notifyAddress(invitation: InvitationRow, mail: boolean): void {
    const { id, email, role, inviterId, inviterVerified, invitedBy, expiresAt, target } = invitation;
    const name = organizations.read()?.name ?? "";
    const inviter = inviterId === undefined ? undefined : { userId: inviterId, emailVerified: inviterVerified };
    const findWaiting = {
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
    outbox.post(messageTo(target, "invitation", findWaiting));
  }

  function withdraw({ id, target }: InvitationRow): void {
    invitations.delete(id);
    outbox.post(messageTo(target, "withdrawInvitation", { id }));
  }

  /** Noted under the name of the address's object: the address itself is kept no longer than its invitation. */
  function countMail(target: string): void {
    mail.assertConfigured();
    const now = Date.now();
    rates.forgetAll(now - MAIL_RATE.per);
    if (!rates.take(target, MAIL_RATE, now)) throw tooManyMails();
  }

  function waiting(id: string): InvitationRow | undefined {
    const invitation = invitations.find(id);
    return invitation && invitation.expiresAt.getTime() > Date.now() ? invitation : undefined;
  }

  /** Whoever invited has to be able to still: a right that was taken away gives nothing any more. */
  function isStillAuthorized({ inviterId, role }: InvitationRow): boolean {
    if (inviterId === undefined) return true;
    const member = members.find(inviterId);
    if (!member || !rolePolicy.allows(member.role, builtinPermissions.manageMembers)) return false;
    return rolePolicy.has(role) && outranks(rolePolicy, member, role);
  }

  /** @throws ReasonedError NOT_FOUND, FORBIDDEN */
  function readInvitationToResend(id: string, by: ActingMember): InvitationRow {
    const invitation = waiting(id);
    if (!invitation) throw invitationNotFound();
    assertOutranks(rolePolicy, by, invitation.role);
    return invitation;
  }

  /**
   * The invitation that waits for an address already, if it needs no change.
   * @throws ReasonedError FORBIDDEN, CONFLICT
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
    // Asked again, because the answer was lost.
    if (!invitation) return member?.invitationId === invitationId ? member : undefined;
    if (invitation.email !== email) return undefined;
    const granted = isStillAuthorized(invitation);
    withdraw(invitation);
    if (member || !granted) return member;
    membership.add({ userId, email, role: invitation.role, joinedAt: new Date(), invitationId });
    return members.find(userId);
  }

  return {
    list: () => invitations.list().filter(({ expiresAt }) => expiresAt.getTime() > Date.now()),

    /**
     * @param actor returns the inviter. Called before anything else, and again inside the transaction
     * @throws ReasonedError FORBIDDEN, CONFLICT, PRECONDITION_FAILED when the app cannot send mail, TOO_MANY_REQUESTS
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
        notifyAddress(invitation, true);
        arm();
        return invitation;
      });
    },

    /** Answers whether there was such an invitation. @throws ReasonedError FORBIDDEN */
    cancel(actor: ActingMember, id: string): boolean {
      const invitation = waiting(id);
      if (!invitation) return false;
      assertOutranks(rolePolicy, actor, invitation.role);
      withdraw(invitation);
      return true;
    },

    /**
     * @param actor as for `invite`
     * @throws ReasonedError NOT_FOUND, FORBIDDEN, PRECONDITION_FAILED, TOO_MANY_REQUESTS
     */
    async resend(id: string, actor: () => InvitingActor): Promise<InvitationRow> {
      const { email, inviterId, invitedBy } = readInvitationToResend(id, actor());
      mail.assertConfigured();
      const inviter =
        inviterId === undefined || invitedBy === undefined ? undefined : { userId: inviterId, email: invitedBy };
      const { inviterVerified } = await askToInvite(deps, { email, inviter });
      return transaction(() => {
        const invitation = readInvitationToResend(id, actor());
        countMail(invitation.target);
        const renewed = { ...invitation, inviterVerified, expiresAt: new Date(Date.now() + LIFETIME_MS) };
        invitations.renew(renewed);
        notifyAddress(renewed, true);
        arm();
        return renewed;
      });
    },

    /** Makes a member of who accepts; `undefined` when the invitation does not hold. The same again for the same user. */
    accept: (answering: InvitationAnswer): MemberRow | undefined => transaction(() => accept(answering)),

    /** Answers whether the invitation was theirs to turn down. */
    decline: ({ invitationId, email }: InvitationAnswer): boolean =>
      transaction(() => {
        const invitation = waiting(invitationId);
        if (invitation?.email !== email) return false;
        withdraw(invitation);
        return true;
      }),

    /** The organization has another name. */
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
    message: "This invitation does not exist, was answered or has expired. Create a new one.",
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
