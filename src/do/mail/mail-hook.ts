import { Undeliverable } from "../messaging/undeliverable.js";
import { putInDevInbox } from "./dev-inbox.js";
import { checkedAppUrl } from "./links.js";
import { createMailAvailability, MAIL_FIX } from "./mail-availability.js";
import type { MailMessage } from "./mail-message.js";
import type { MailSettings } from "./mail-options.js";

export interface MailHookOptions {
  readonly env: Cloudflare.Env;
  readonly settings: MailSettings;
}

/** The app's mail hook, and where its mails link to. */
export function createMailHook({ env, settings }: MailHookOptions) {
  const availability = createMailAvailability({ env, settings });

  return {
    /** Where the app's pages are; empty, so that a link is a path, when the app did not say. @throws ConfigurationError */
    base(): string {
      const { appUrl } = settings;
      if (appUrl === undefined) return "";
      return checkedAppUrl(typeof appUrl === "function" ? appUrl(env) : appUrl);
    },

    /** @throws Undeliverable when there is no hook, so that nothing is made that could not be sent */
    assertThere(): void {
      if (!availability.isConfigured()) throw new Undeliverable(`There is no mail hook. ${MAIL_FIX}`);
    },

    /** Hands a message to the hook. @throws Error that says nothing of the mail */
    async send(message: MailMessage): Promise<void> {
      try {
        await (settings.send ?? putInDevInbox)(message, env);
      } catch (error) {
        throw withoutSecrets(error, message);
      }
    },
  };
}

/** What a mail service complains about may quote the mail. The reason goes into logs, so nothing of the mail may. */
function withoutSecrets(error: unknown, message: MailMessage): Error {
  const secrets = [
    message.to,
    ...("link" in message ? [message.link] : []),
    ...("token" in message ? [message.token] : []),
  ];
  const reason = error instanceof Error ? error.message : String(error);
  // The longest first: a link that its token was cut out of would no longer be found.
  const ordered = secrets.toSorted((one, other) => other.length - one.length);
  return new Error(ordered.reduce((text, secret) => text.replaceAll(secret, "…"), reason));
}
