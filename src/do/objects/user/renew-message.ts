import type { User } from "../../../shared/account.js";
import type { AccountSuspension } from "../../../shared/suspension.js";
import { FORGET_DEVICE_FAILURES } from "../../accounts/sessions/device-confirmation.js";
import { APP_OBJECT, roleMessage } from "../../app-roles/role-messages.js";
import { parseName } from "../../../shared/owner.js";
import type { OutboxMessage } from "../../messaging/outbox-store.js";
import { messageTo } from "../../organizations/organization-messages.js";

export interface MessageRenewalOptions {
  readonly userId: string;
  readonly account: () => Pick<User, "email" | "emailVerified"> | undefined;
  /** The suspension of the account that is in force. */
  readonly suspension: () => AccountSuspension | undefined;
  readonly isMember: (organizationId: string) => boolean;
  /** Whether the account can become a superadmin by the setting `BOOTSTRAP_ADMIN_EMAIL`. */
  readonly canClaimBootstrap: (account: Pick<User, "email" | "emailVerified">) => boolean;
}

/**
 * Creates the function that returns what a user's object sends for a dead letter. A message that carries state is sent with the
 * state of today, because newer ones may have been delivered since. Some messages are no longer useful, and nothing is sent.
 */
export function createMessageRenewal(options: MessageRenewalOptions) {
  const { userId, account, suspension, isMember, canClaimBootstrap } = options;

  function currentSuspension(target: string): OutboxMessage {
    const suspended = suspension();
    return suspended
      ? messageTo(target, "memberSuspended", { userId, until: suspended.until?.getTime() ?? null })
      : messageTo(target, "memberUnsuspended", { userId });
  }

  /** The organization does not exist yet, so it has missed all messages since. */
  function renewCreation({ target, kind, payload }: OutboxMessage, email: string): OutboxMessage[] {
    const organization = parseName(target);
    if (!organization || !isMember(organization.id)) return [];
    const creation = { target, kind, payload: { ...(payload as object), email } };
    return suspension() ? [creation, currentSuspension(target)] : [creation];
  }

  return (message: OutboxMessage): readonly OutboxMessage[] => {
    const { target, kind } = message;
    const now = account();
    if (!now) return [];
    switch (kind) {
      case "createOrganization":
        return renewCreation(message, now.email);
      case "memberEmail":
        return [messageTo(target, "memberEmail", { userId, email: now.email })];
      case "memberSuspended":
      case "memberUnsuspended":
        return [currentSuspension(target)];
      case "bootstrapSuperadmin":
        // The setting or the address may have changed.
        return canClaimBootstrap(now) ? [roleMessage(APP_OBJECT, "bootstrapSuperadmin", { userId })] : [];
      case "forgetFailures":
      case FORGET_DEVICE_FAILURES:
        // Newer wrong passwords must not be forgotten. Those that the message is about have expired.
        return [];
      // Versioned: "appRoles", and "user" to the directory. The receiver ignores a version that is older than its own.
      // About one operation, session or invitation, which has another id later: "commitAddress", "releaseAddress",
      // "endSession", "declineInvitation". The receiver compares the id.
      // Requests: "claimInvitations". The user's object ignores invitations to an earlier address.
      // Events: "permissionDenied", and mails that report something.
      // Mails with a link: their kind is deleted by the event that revokes the link, and the link is bound to the address.
      // Only of a deleted account, which operators cannot act on: "memberGone", "roleUserGone", "deleted".
      default:
        return [message];
    }
  };
}
