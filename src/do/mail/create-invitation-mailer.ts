import type { StoredLetter } from "../outbox/outbox-store.js";
import { Undeliverable } from "../outbox/undeliverable.js";
import { defaultText } from "./default-texts.js";
import { linkTo } from "./links.js";
import { createMailHook, type MailHookOptions } from "./mail-hook.js";
import type { WaitingMail } from "./post-mail.js";

/** Makes a message of an invitation and hands it to the app's hook. */
export function createInvitationMailer({ env, settings }: MailHookOptions) {
  const hook = createMailHook({ env, settings });

  return async ({ seq, payload }: StoredLetter): Promise<void> => {
    hook.assertThere();
    const { to, invitation } = payload as WaitingMail;
    if (!invitation) throw new Undeliverable("The mail says nothing of what it invites to.");
    const { id: invitationId, organizationId, name, role, invitedBy, expiresAt } = invitation;
    // An id and no secret: only whoever has shown that the address is theirs can do anything with it.
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
      expiresAt: new Date(expiresAt),
      ...defaultText("invitation", link),
    });
  };
}
