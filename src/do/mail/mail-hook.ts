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

/** Calls the app's mail hook, and returns the base URL of links in mails. */
export function createMailHook({ env, settings }: MailHookOptions) {
  const availability = createMailAvailability({ env, settings });

  return {
    /**
     * Returns the base URL of the app's pages. Without the option `appUrl` it is empty, so that links are paths.
     * @throws ConfigurationError if `appUrl` is not valid
     */
    base(): string {
      const { appUrl } = settings;
      if (appUrl === undefined) return "";
      return checkedAppUrl(typeof appUrl === "function" ? appUrl(env) : appUrl);
    },

    /** Call it before creating tokens. @throws Undeliverable if the app cannot send mail */
    assertConfigured(): void {
      if (!availability.isConfigured()) throw new Undeliverable(`There is no mail hook. ${MAIL_FIX}`);
    },

    /** Sends a mail. @throws Error without the address, link and token of the mail */
    async send(message: MailMessage): Promise<void> {
      try {
        await (settings.send ?? putInDevInbox)(message, env);
      } catch (error) {
        throw withoutSecrets(error, message);
      }
    },
  };
}

/** Removes the secrets of a mail from an error. A mail service may quote the mail in its error, and errors are logged. */
function withoutSecrets(error: unknown, message: MailMessage): Error {
  const secrets = [
    message.to,
    ...("link" in message ? [message.link] : []),
    ...("token" in message ? [message.token] : []),
  ];
  const reason = error instanceof Error ? error.message : String(error);
  // The longest first: if the token were removed first, the link that contains it would no longer match.
  const ordered = secrets.toSorted((one, other) => other.length - one.length);
  return new Error(ordered.reduce((text, secret) => text.replaceAll(secret, "…"), reason));
}
