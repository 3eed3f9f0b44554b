import { newMailSecret, writeMailToken, type MailPurpose } from "../../jwt/mail-token.js";
import type { AppIdentity } from "../app-identity.js";
import { MAIL, type StoredLetter } from "../outbox/outbox-store.js";
import type { Outbox } from "../outbox/create-outbox.js";
import { Undeliverable } from "../outbox/undeliverable.js";
import { defaultText } from "./default-texts.js";
import { isDevelopment, putInDevInbox } from "./dev-inbox.js";
import { checkedAppUrl, linkTo } from "./links.js";
import type { LinkKind, MailKind, MailMessage } from "./mail-message.js";
import type { MailSettings } from "./mail-options.js";
import type { MailTokenStore } from "./mail-token-store.js";

export interface MailerOptions {
  readonly userId: string;
  readonly env: Cloudflare.Env;
  readonly settings: MailSettings;
  readonly identity: () => AppIdentity;
  readonly tokens: MailTokenStore;
}

/** A message to the user as it waits in the outbox: without its token, which exists nowhere but in the mail. */
interface WaitingMail {
  readonly to: string;
  /** For a mail with a link: until when it is to be good. */
  readonly expiresAt?: number;
}

/** Puts a mail into the outbox. Call it inside the transaction of its cause. */
export function postMail(outbox: Pick<Outbox, "post">, kind: MailKind, mail: WaitingMail): void {
  outbox.post({ target: MAIL, kind, payload: mail, expiresAt: mail.expiresAt });
}

/** Makes a message of a letter and hands it to the app's hook. */
export function createMailer({ userId, env, settings, identity, tokens }: MailerOptions) {
  function base(): string {
    const { appUrl } = settings;
    // Without a hook there is only development, where the page that shows a mail is the app's own.
    if (appUrl === undefined) return "";
    return checkedAppUrl(typeof appUrl === "function" ? appUrl(env) : appUrl);
  }

  /** Each try has a token of its own: the plain text is never stored, so there is none to send again. */
  async function withToken(purpose: MailPurpose & LinkKind, to: string, expiresAt: number) {
    const { secrets, binding } = identity();
    const secret = newMailSecret();
    const token = await writeMailToken({ purpose, userId, secret }, { secrets: secrets.jwt, audience: binding });
    const link = linkTo(purpose, token, { base: base(), links: settings.links });
    tokens.add(purpose, secret, { email: to, expiresAt }, Date.now());
    return { link, token, expiresAt: new Date(expiresAt) };
  }

  return async function sendMail(letter: StoredLetter): Promise<void> {
    const hook = settings.send ?? (isDevelopment(env) ? putInDevInbox : undefined);
    if (!hook) throw new Undeliverable("There is no mail hook. Give createUserDO the options `mail` and `appUrl`.");
    const kind = letter.kind as MailKind;
    const { to, expiresAt = 0 } = letter.payload as WaitingMail;
    const common = { id: `${userId}.${letter.seq}`, to, userId };
    const message: MailMessage = isLinkKind(kind)
      ? await withToken(kind, to, expiresAt).then((linked) => ({
          kind,
          ...common,
          ...linked,
          ...defaultText(kind, linked.link),
        }))
      : { kind, ...common, ...defaultText(kind) };
    try {
      await hook(message, env);
    } catch (error) {
      throw withoutSecrets(error, message);
    }
  };
}

/** What a mail service complains about may quote the mail. The reason goes into logs, so nothing of the mail may. */
function withoutSecrets(error: unknown, message: MailMessage): Error {
  const secrets = "token" in message ? [message.link, message.token, message.to] : [message.to];
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(secrets.reduce((text, secret) => text.replaceAll(secret, "…"), reason));
}

function isLinkKind(kind: MailKind): kind is LinkKind {
  return kind === "verifyEmail" || kind === "resetPassword" || kind === "changeEmail";
}
