import type { AppUrl, MailLinks } from "./links.js";
import type { SendMail } from "./mail-message.js";

/** How an app's mail is sent. */
export interface MailOptions {
  /**
   * Sends a mail. It is called behind the outbox: again, with growing pauses, until it resolves.
   * @default none: printed when `env.DEV` is "true"; otherwise no mail is sent, and `onError` is told of each
   */
  readonly mail?: SendMail;
  /**
   * Where the app's pages are, which mails link to: `https://app.example.com`, or a function of the bindings.
   * @default none: a message's `link` is the path alone, for a `mail` hook that completes it or mails the token
   */
  readonly appUrl?: AppUrl;
  /** The pages' paths below `appUrl`. They get the token as `#token=…` and call the procedure that it is for. */
  readonly mailLinks?: MailLinks;
}

/** Those of an app, checked. */
export interface MailSettings {
  readonly send: SendMail | undefined;
  readonly appUrl: AppUrl | undefined;
  readonly links: MailLinks;
}

export function mailSettings({ mail, appUrl, mailLinks = {} }: MailOptions): MailSettings {
  return { send: mail, appUrl, links: mailLinks };
}
