import { ReasonedError } from "../../router/reasoned-error.js";
import { OWNER } from "../../router/organizations/role-policy.js";
import type { User } from "../../shared/account.js";
import type { ObjectStub } from "../../shared/object-stub.js";
import { toName } from "../../shared/owner.js";
import { sendInternal } from "../../shared/send-internal.js";
import type { Outbox } from "../messaging/create-outbox.js";
import type { BlockedInviterStore } from "./blocked-inviters.js";
import { handlersFor, messageTo, type OrganizationMessageKind } from "./organization-messages.js";
import type { UserOrganizationStore } from "./user-organization-store.js";

/** Reads the account of the object's user, as far as organizations depend on it. */
export interface AccountReader {
  read(): Pick<User, "email" | "emailVerified"> | undefined;
}

export interface UserOrganizationsOptions {
  readonly userId: string;
  readonly store: UserOrganizationStore;
  readonly blocked: Pick<BlockedInviterStore, "has">;
  readonly accounts: AccountReader;
  /** The suspension of the account that is in force. */
  readonly suspension: () => { readonly until: Date | null } | undefined;
  readonly outbox: Pick<Outbox, "post" | "deletePending">;
  readonly stub: (organizationId: string) => ObjectStub;
}

/** Synchronizes a user's object with the user's organizations, by outbox messages. */
export function createUserOrganizations(options: UserOrganizationsOptions) {
  const { userId, store, blocked, accounts, suspension, outbox, stub } = options;
  const organization = (id: string): string => toName({ type: "organization", id });

  function notifySuspension(organizationId: string, until: number | null): void {
    outbox.post(messageTo(organization(organizationId), "memberSuspended", { userId, until }));
  }

  return {
    handlers: handlersFor<"membership" | "left" | "invited" | "uninvited">({
      membership({ email, ...membership }) {
        store.setMembership(membership);
        store.deleteInvitationsTo(membership.organizationId);
        store.deleteAccepted(membership.organizationId);
        // The account was suspended while the membership was on its way.
        const suspended = suspension();
        if (suspended) notifySuspension(membership.organizationId, suspended.until?.getTime() ?? null);
        const account = accounts.read();
        // The address was changed while the message was on its way.
        if (!account || account.email === email) return;
        const change = { userId, email: account.email };
        outbox.post(messageTo(organization(membership.organizationId), "memberEmail", change));
      },
      left({ organizationId }) {
        store.deleteMembership(organizationId);
        // The organization exists, so a creation message whose reply was lost must not create it again after its deletion.
        outbox.deletePending(organization(organizationId), "createOrganization" satisfies OrganizationMessageKind);
      },
      invited(invitation) {
        // The invitation may be for an earlier address of the user.
        if (invitation.email !== accounts.read()?.email) return;
        const { inviter, invitedBy } = invitation;
        if (invitedBy !== undefined && blocked.has({ userId: inviter?.userId, email: invitedBy })) return;
        store.setInvitation(invitation, Date.now());
      },
      uninvited: ({ id }) => store.deleteInvitation(id),
    }),

    announceEmail(email: string): void {
      store.deleteInvitationsExcept(email);
      for (const { id } of store.memberships())
        outbox.post(messageTo(organization(id), "memberEmail", { userId, email }));
    },

    requestInvitations(target: string): void {
      outbox.post(messageTo(target, "claimInvitations", { userId }));
    },

    /** An organization that does not answer does not prevent the deletion. It chooses another owner by rank. */
    async assertNotLastOwner(): Promise<void> {
      const own = store.memberships().filter(({ role }) => role === OWNER);
      const results = await Promise.allSettled(
        own.map(({ id }) => sendInternal(stub(id), { op: "isLastOwner", userId })),
      );
      const withoutOtherOwner = own.filter((_each, index) => {
        const answer = results[index];
        return answer?.status === "fulfilled" && answer.value;
      });
      if (withoutOtherOwner.length > 0) throw lastOwnerOf(withoutOtherOwner.map(({ name }) => name));
    },

    announceSuspension(until: number | null): void {
      for (const { id } of store.memberships()) notifySuspension(id, until);
    },

    announceSuspensionEnd(): void {
      for (const { id } of store.memberships())
        outbox.post(messageTo(organization(id), "memberUnsuspended", { userId }));
    },

    announceDeletion(): void {
      for (const { id } of store.memberships()) outbox.post(messageTo(organization(id), "memberGone", { userId }));
    },
  };
}

function lastOwnerOf(names: readonly string[]): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "LAST_OWNER",
    message: `You are the last owner of ${names.map((name) => `"${name}"`).join(", ")}, which has other members. Make another member an owner first, or delete the organization.`,
  });
}
