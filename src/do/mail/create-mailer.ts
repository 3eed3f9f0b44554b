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
import { unknownMail, type WaitingMail } from "./post-mail.js";

export interface MailerOptions extends MailHookOptions {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  readonly tokens: MailTokenStore;
  /** Whether a message still waits in the outbox: it may have been withdrawn. */
  readonly isWaiting: (message: StoredOutboxMessage) => boolean;
  /** Asks the object of the address to count a notice. The requests for links were counted when they came in. */
  readonly count: (notice: { readonly to: string; readonly kind: NoticeKind; readonly id: string }) => Promise<boolean>;
}

/** Makes a message of a letter to the user and hands it to the app's hook. */
export function createMailer({ userId, env, settings, identity, tokens, isWaiting, count }: MailerOptions) {
  const hook = createMailHook({ env, settings });

  /** Each try has a token of its own: the plain text is never stored, so there is none to send again. */
  async function withToken(purpose: MailPurpose & LinkKind, message: StoredOutboxMessage) {
    const { to, expiresAt = 0 } = message.payload as WaitingMail;
    const { secrets, binding } = identity();
    const secret = newMailSecret();
    const token = await writeMailToken({ purpose, userId, secret }, { secrets: secrets.jwt, audience: binding });
    // A new password, for example, ends a link that was asked for before it, also while the link is being made.
    if (!isWaiting(message)) throw new Undeliverable("It was withdrawn.");
    const link = linkTo(purpose, `token=${token}`, { base: hook.base(), links: settings.links });
    tokens.add(purpose, secret, { email: to, expiresAt }, Date.now());
    return { link, token, expiresAt: new Date(expiresAt) };
  }

  return async function sendMail(message: StoredOutboxMessage): Promise<void> {
    hook.assertThere();
    const { kind } = message;
    if (!isAccountMailKind(kind)) throw unknownMail(kind);
    const { to } = message.payload as WaitingMail;
    const common = { id: `${userId}.${message.seq}`, to, userId };
    if (!isLinkKind(kind)) {
      // A notice beyond the limits of the address is dropped. Its event stays in the audit log.
      if (!(await count({ to, kind, id: digestOf(common.id) }))) return;
      return hook.send({ kind, ...common, ...defaultText(kind) });
    }
    const linked = await withToken(kind, message);
    return hook.send({ kind, ...common, ...linked, ...defaultText(kind, linked.link) });
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

/** The same at each try, and without the user's id, which the object of the address need not know. */
function digestOf(id: string): string {
  return createHash("sha256").update(id).digest("base64url");
}
