import { isDevelopment } from "../../shared/is-development.js";
import type { MailMessage } from "./mail-message.js";

const MAX_MESSAGES = 50;
const inbox: MailMessage[] = [];

/** Prints a message and stores it for `devInbox`. Used in development only, when the app has no mail hook. */
export function putInDevInbox(message: MailMessage): void {
  inbox.unshift(message);
  inbox.length = Math.min(inbox.length, MAX_MESSAGES);
  const link = "link" in message ? `\n  ${message.link}` : "";
  // oxlint-disable-next-line no-console -- in development this is the mail
  console.log(`[trpc-userdo] mail to ${message.to}: ${message.subject}${link}`);
}

/**
 * Returns the last 50 mails that were sent in development, newest first, for a page that lists them. They are in the memory
 * of the isolate that sent them. Without `env.DEV` set to "true" the list is empty.
 */
export function devInbox(env: object): readonly MailMessage[] {
  return isDevelopment(env) ? inbox : [];
}
