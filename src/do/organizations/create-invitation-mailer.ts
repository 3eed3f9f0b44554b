import { toInviter, type WaitingInvitation } from "./waiting-invitation.js";
import type { StoredOutboxMessage } from "../messaging/outbox-store.js";
import { Undeliverable } from "../messaging/undeliverable.js";
import { defaultText } from "../mail/default-texts.js";
import { linkTo } from "../mail/links.js";
import { createMailHook, type MailHookOptions } from "../mail/mail-hook.js";
import type { MailBudget } from "../mail/mail-budget.js";
import { unknownMail, type PendingMail } from "../mail/post-mail.js";

/** A mail about an invitation in the outbox. */
interface WaitingInvitationMail extends PendingMail {
  readonly invitation?: WaitingInvitation;
}

export interface InvitationMailerOptions extends MailHookOptions {
  readonly mails: Pick<MailBudget, "take">;
  /** Whether the user of the address blocks the inviter. */
  readonly isBlocked: (invitation: WaitingInvitation) => Promise<boolean>;
}

/** Makes a message of an invitation and hands it to the app's hook. */
export function createInvitationMailer({ env, settings, mails, isBlocked }: InvitationMailerOptions) {
  const hook = createMailHook({ env, settings });

  return async ({ seq, kind, payload }: StoredOutboxMessage): Promise<void> => {
    hook.assertConfigured();
    if (kind !== "invitation") throw unknownMail(kind);
    const { to, invitation } = payload as WaitingInvitationMail;
    if (!invitation) throw new Undeliverable("The mail says nothing of what it invites to.");
    if (await isBlocked(invitation)) return;
    // Beyond the limits of the address it is not mailed, but the owner of the address still finds it in the list.
    if (!mails.take("invitation", `${invitation.id}.${seq}`)) return;
    const { id: invitationId, organizationId, name, role, invitedBy, expiresAt } = invitation;
    // The link has an id and no secret, because only a user who has verified the address can answer the invitation.
    const link = linkTo("invitation", `invitation=${invitationId}`, { base: hook.base(), links: settings.links });
    await hook.send({
      kind: "invitation",
      id: `${invitationId}.${seq}`,
      to,
      link,
      invitationId,
      organization: { id: organizationId, name },
      role,
      invitedBy,
      inviter: toInviter(invitation),
      expiresAt: new Date(expiresAt),
      ...defaultText("invitation", link),
    });
  };
}
