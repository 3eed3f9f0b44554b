import { ReasonedError } from "../../router/reasoned-error.js";
import type { BlockedInviter } from "../../shared/organization.js";
import type { BlockedInviterStore } from "./blocked-inviters.js";
import type { UserOrganizationStore } from "./user-organization-store.js";

/** How many inviters one user can block. */
const MAX_BLOCKS = 1_000;

export interface InviterBlocksOptions {
  readonly blocked: BlockedInviterStore;
  readonly store: Pick<UserOrganizationStore, "invitation" | "deleteInvitationsBy">;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  /** The verified address of the user. @throws TRPCError FORBIDDEN (EMAIL_NOT_VERIFIED) */
  readonly verifiedEmail: () => string;
}

/** Blocks the inviters of invitations, for the procedures of one call. */
export function createInviterBlocks({ blocked, store, transaction, verifiedEmail }: InviterBlocksOptions) {
  return {
    list: blocked.list,

    /**
     * Removes all present and future invitations of this one's inviter. Their organizations are not notified, so that
     * the invitations look unanswered.
     *
     * @throws TRPCError FORBIDDEN (EMAIL_NOT_VERIFIED), NOT_FOUND (INVITATION_NOT_FOUND), BAD_REQUEST (INVITED_BY_APP),
     *   TOO_MANY_REQUESTS (TOO_MANY_BLOCKED_INVITERS)
     */
    block(invitationId: string): BlockedInviter {
      const email = verifiedEmail();
      return transaction(() => {
        const invitation = store.invitation(invitationId, email, Date.now());
        if (!invitation) throw invitationNotFound();
        const { inviter, invitedBy } = invitation;
        if (invitedBy === undefined) throw invitedByApp();
        if (blocked.count() >= MAX_BLOCKS) throw tooManyBlocks();
        const known = { userId: inviter?.userId, email: invitedBy };
        store.deleteInvitationsBy(known);
        return blocked.add(known);
      });
    },

    /** Returns whether the block existed. */
    unblock: (id: string): boolean => blocked.delete(id),
  };
}

export function invitationNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "INVITATION_NOT_FOUND",
    message: "This invitation does not exist, was withdrawn or has expired. Ask the organization for a new one.",
  });
}

function invitedByApp(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "INVITED_BY_APP",
    message: "The app sent this invitation, so there is no inviter to block. Decline the invitation instead.",
  });
}

function tooManyBlocks(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "TOO_MANY_BLOCKED_INVITERS",
    message: `You already block ${MAX_BLOCKS} inviters. Unblock some of them first.`,
  });
}
