import { createHash } from "node:crypto";
import { newMailSecret, writeMailToken, type MailPurpose } from "../../jwt/mail-token.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import type { StoredOutboxMessage } from "../messaging/outbox-store.js";
import { Undeliverable } from "../messaging/undeliverable.js";
import { defaultText } from "./default-texts.js";
import { linkTo } from "./links.js";
import { createMailHook, type MailHookOptions } from "./mail-hook.js";
import type { AccountMailKind, LinkKind, NoticeKind } from "./mail-message.js";
import type { MailTokenStore } from "./mail-token-store.js";
import { unknownMail, type PendingMail } from "./post-mail.js";

export interface MailerOptions extends MailHookOptions {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  readonly tokens: MailTokenStore;
  /** Whether a message is still in the outbox. It may be deleted while it is being sent. */
  readonly isPending: (message: StoredOutboxMessage) => boolean;
  /**
   * Asks the object of the address to count a notice. Returns whether the notice is within the limits. Mails with links were counted
   * when they were requested.
   */
  readonly count: (notice: { readonly to: string; readonly kind: NoticeKind; readonly id: string }) => Promise<boolean>;
}

/** Creates the function that completes a mail from the outbox and passes it to the app's mail hook. */
export function createMailer({ userId, env, settings, identity, tokens, isPending, count }: MailerOptions) {
  const hook = createMailHook({ env, settings });

  /** Creates a link with a new token. Each attempt needs one, because only digests of tokens are stored. */
  async function createLink(purpose: MailPurpose & LinkKind, message: StoredOutboxMessage) {
    const { to, expiresAt = 0 } = message.payload as PendingMail;
    const { secrets, binding } = identity();
    const secret = newMailSecret();
    const token = await writeMailToken({ purpose, userId, secret }, { secrets: secrets.jwt, audience: binding });
    // While the token was signed, an event such as a new password may have invalidated links that were requested before it.
    if (!isPending(message)) throw new Undeliverable("The mail was canceled.");
    const link = linkTo(purpose, `token=${token}`, { base: hook.base(), links: settings.links });
    tokens.add(purpose, secret, { email: to, expiresAt }, Date.now());
    return { link, token, expiresAt: new Date(expiresAt) };
  }

  return async function sendMail(message: StoredOutboxMessage): Promise<void> {
    hook.assertConfigured();
    const { kind } = message;
    if (!isAccountMailKind(kind)) throw unknownMail(kind);
    const { to } = message.payload as PendingMail;
    const common = { id: `${userId}.${message.seq}`, to, userId };
    if (!isLinkKind(kind)) {
      // A notice beyond the limits of the address is dropped. Its event stays in the audit log.
      if (!(await count({ to, kind, id: digestOf(common.id) }))) return;
      return hook.send({ kind, ...common, ...defaultText(kind) });
    }
    const link = await createLink(kind, message);
    return hook.send({ kind, ...common, ...link, ...defaultText(kind, link.link) });
  };
}

const linkKinds: Readonly<Record<LinkKind, true>> = {
  verifyEmail: true,
  resetPassword: true,
  changeEmail: true,
  confirmDevice: true,
};

const noticeKinds: Readonly<Record<NoticeKind, true>> = {
  emailChanged: true,
  passwordChanged: true,
  accountDeleted: true,
};

function isLinkKind(kind: AccountMailKind): kind is LinkKind {
  return Object.hasOwn(linkKinds, kind);
}

function isAccountMailKind(kind: string): kind is AccountMailKind {
  return Object.hasOwn(linkKinds, kind) || Object.hasOwn(noticeKinds, kind);
}

/** Returns the same id for each attempt. A digest, because the object of the address does not need to know the user's id. */
function digestOf(id: string): string {
  return createHash("sha256").update(id).digest("base64url");
}
