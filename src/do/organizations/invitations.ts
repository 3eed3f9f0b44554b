import { TRPCError } from "@trpc/server";
import { builtinPermissions } from "../../router/organizations/role-definitions.js";
import { emailAddressOf } from "../../shared/email-index.js";
import { randomId } from "../../shared/random-id.js";
import { toName } from "../../shared/owner.js";
import type { InvitationRow } from "./invitation-store.js";
import { letterTo } from "./letters.js";
import type { Membership } from "./membership.js";
import type { MemberRow } from "./member-store.js";
import type { OrganizationParts } from "./organization-parts.js";
import { assertOutranks, outranks, type Actor } from "./rank.js";

const HOUR = 60 * 60_000;
/** How long an invitation waits for its answer. */
const LIFETIME = 7 * 24 * HOUR;
/** Mails to one address. Its own object bounds what all organizations together send. */
const RATE = { limit: 3, per: HOUR };
/** Most that wait at once. */
const WAITING = 1_000;

/** Who answers an invitation: a user whose own object knows that the address is theirs. */
export interface Answering {
  readonly invitationId: string;
  readonly userId: string;
  readonly email: string;
}

export interface InvitationsOptions {
  readonly parts: OrganizationParts;
  readonly membership: Membership;
  readonly arm: () => void;
}

/** The invitations to an organization, which alone says whether one still holds. */
export function createInvitations({ parts, membership, arm }: InvitationsOptions) {
  const { organizationId, identity, book, organizations, members, invitations, rates, mail, outbox, transaction } =
    parts;

  const targetOf = async (email: string) => toName(await emailAddressOf(identity().secrets.index, email));

  /** Says at the address what is waiting there. */
  function tell({ id, email, role, invitedBy, expiresAt, target }: InvitationRow, mail: boolean): void {
    const name = organizations.read()?.name ?? "";
    const waiting = { id, email, organizationId, name, role, invitedBy, expiresAt: expiresAt.getTime(), mail };
    outbox.post(letterTo(target, "invitation", waiting));
  }

  function end({ id, target }: InvitationRow): void {
    invitations.remove(id);
    outbox.post(letterTo(target, "withdrawInvitation", { id }));
  }

  /** Noted under the name of the address's object: the address itself is kept no longer than its invitation. */
  function takeMail(target: string): void {
    mail.assertConfigured();
    const now = Date.now();
    rates.forgetAll(now - RATE.per);
    if (!rates.take(target, RATE, now)) throw tooManyMails();
  }

  function waiting(id: string): InvitationRow | undefined {
    const invitation = invitations.find(id);
    return invitation && invitation.expiresAt.getTime() > Date.now() ? invitation : undefined;
  }

  /** Whoever invited has to be able to still: a right that was taken away gives nothing any more. */
  function stillGranted({ inviter, role }: InvitationRow): boolean {
    if (inviter === undefined) return true;
    const member = members.find(inviter);
    if (!member || !book.allows(member.role, builtinPermissions.manageMembers)) return false;
    return book.has(role) && outranks(book, member, role);
  }

  function accept({ invitationId, userId, email }: Answering): MemberRow | undefined {
    const member = members.find(userId);
    const invitation = waiting(invitationId);
    // Asked again, because the answer was lost.
    if (!invitation) return member?.invitationId === invitationId ? member : undefined;
    if (invitation.email !== email) return undefined;
    const granted = stillGranted(invitation);
    end(invitation);
    if (member || !granted) return member;
    membership.add({ userId, email, role: invitation.role, joinedAt: new Date(), invitationId });
    return members.find(userId);
  }

  return {
    list: () => invitations.list().filter(({ expiresAt }) => expiresAt.getTime() > Date.now()),

    /**
     * @param actor who invites, asked for inside the transaction
     * @throws TRPCError FORBIDDEN, CONFLICT, PRECONDITION_FAILED when the app cannot send mail, TOO_MANY_REQUESTS
     */
    async invite(
      { email, role }: { readonly email: string; readonly role: string },
      actor: () => Actor & ("system" | { readonly email: string }),
    ): Promise<InvitationRow> {
      const target = await targetOf(email);
      return transaction(() => {
        const by = actor();
        assertOutranks(book, by, role);
        if (members.hasEmail(email)) throw alreadyMember();
        const before = invitations.findFor(email);
        if (before && waiting(before.id)) {
          if (before.role === role) return before;
          assertOutranks(book, by, before.role);
        }
        takeMail(target);
        if (before) end(before);
        if (invitations.list().length >= WAITING) throw tooManyWaiting();
        const now = Date.now();
        const invitation: InvitationRow = {
          id: randomId(),
          email,
          role,
          inviter: by === "system" ? undefined : by.userId,
          invitedBy: by === "system" ? undefined : by.email,
          target,
          createdAt: new Date(now),
          expiresAt: new Date(now + LIFETIME),
        };
        invitations.insert(invitation);
        tell(invitation, true);
        arm();
        return invitation;
      });
    },

    /** Answers whether there was such an invitation. @throws TRPCError FORBIDDEN */
    cancel(actor: Actor, id: string): boolean {
      const invitation = waiting(id);
      if (!invitation) return false;
      assertOutranks(book, actor, invitation.role);
      end(invitation);
      return true;
    },

    /** @throws TRPCError NOT_FOUND, FORBIDDEN, PRECONDITION_FAILED, TOO_MANY_REQUESTS */
    resend(actor: Actor, id: string): InvitationRow {
      const invitation = waiting(id);
      if (!invitation)
        throw new TRPCError({ code: "NOT_FOUND", message: "There is no such invitation, or not any more." });
      assertOutranks(book, actor, invitation.role);
      takeMail(invitation.target);
      const renewed = { ...invitation, expiresAt: new Date(Date.now() + LIFETIME) };
      invitations.setExpiry(id, renewed.expiresAt);
      tell(renewed, true);
      arm();
      return renewed;
    },

    /** Makes a member of who accepts; `undefined` when the invitation does not hold. The same again for the same user. */
    accept: (answering: Answering): MemberRow | undefined => transaction(() => accept(answering)),

    /** Answers whether the invitation was theirs to turn down. */
    decline: ({ invitationId, email }: Answering): boolean =>
      transaction(() => {
        const invitation = waiting(invitationId);
        if (invitation?.email !== email) return false;
        end(invitation);
        return true;
      }),

    /** The organization has another name. */
    tellAll(): void {
      for (const invitation of invitations.list()) tell(invitation, false);
    },

    endAll(): void {
      for (const invitation of invitations.list()) end(invitation);
    },
  };
}

export type Invitations = ReturnType<typeof createInvitations>;

function alreadyMember(): TRPCError {
  return new TRPCError({ code: "CONFLICT", message: "Somebody with this address is a member already." });
}

function tooManyMails(): TRPCError {
  return new TRPCError({
    code: "TOO_MANY_REQUESTS",
    message: "This address was invited three times within the last hour. Try again later.",
  });
}

function tooManyWaiting(): TRPCError {
  return new TRPCError({
    code: "TOO_MANY_REQUESTS",
    message: `${WAITING} invitations wait for an answer. Cancel some, or wait until they are answered or have run out.`,
  });
}
