import { isDevelopment } from "../../shared/is-development.js";
import type { MailMessage } from "./mail-message.js";

/** Most messages that are kept. */
const KEPT = 50;
const inbox: MailMessage[] = [];

/** Only in development, without a mail hook: prints a message where the developer looks, and keeps it for a page. */
export function putInDevInbox(message: MailMessage): void {
  inbox.unshift(message);
  inbox.length = Math.min(inbox.length, KEPT);
  const link = "link" in message ? `\n  ${message.link}` : "";
  // oxlint-disable-next-line no-console -- in development this is the mail
  console.log(`[trpc-userdo] mail to ${message.to}: ${message.subject}${link}`);
}

/**
 * The mails of development, the newest first, for a page that shows them. Kept in memory, in the isolate that sent
 * them, and empty unless `env.DEV` is "true".
 */
export function devInbox(env: object): readonly MailMessage[] {
  return isDevelopment(env) ? inbox : [];
}
