import { TRPCError } from "@trpc/server";
import type { BlockedInviter } from "../../shared/organization.js";
import type { BlockedInviterStore } from "./blocked-inviters.js";
import type { UserOrganizationStore } from "./user-organization-store.js";

/** How many inviters one user can block. */
const MAX_BLOCKS = 1_000;

export interface InviterBlocksOptions {
  readonly blocked: BlockedInviterStore;
  readonly store: Pick<UserOrganizationStore, "invitation" | "deleteInvitationsBy">;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  /** The address of the user, who has shown that it is theirs. @throws TRPCError FORBIDDEN */
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
     * @throws TRPCError FORBIDDEN, NOT_FOUND, BAD_REQUEST for an invitation by the app itself, TOO_MANY_REQUESTS
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

    /** Returns whether there was such a block. */
    unblock: (id: string): boolean => blocked.delete(id),
  };
}

export function invitationNotFound(): TRPCError {
  return new TRPCError({ code: "NOT_FOUND", message: "There is no such invitation to your address, or not any more." });
}

function invitedByApp(): TRPCError {
  return new TRPCError({
    code: "BAD_REQUEST",
    message: "The app itself sent this invitation. Decline the invitation instead.",
  });
}

function tooManyBlocks(): TRPCError {
  return new TRPCError({
    code: "TOO_MANY_REQUESTS",
    message: `You block ${MAX_BLOCKS} inviters. Unblock some of them first.`,
  });
}
