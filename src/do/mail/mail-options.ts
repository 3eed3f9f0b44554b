import type { AppUrl, MailLinks } from "./links.js";
import type { SendMail } from "./mail-message.js";

/** Options for mail. */
export interface MailOptions {
  /**
   * Sends a mail. The outbox calls it again, with growing pauses, until its promise resolves.
   * @default none. If `env.DEV` is "true", mails are printed; otherwise no mail is sent and `onError` receives an error for
   * each
   */
  readonly mail?: SendMail;
  /**
   * The base URL of the app's pages, for links in mails: `https://app.example.com`, or a function of the bindings.
   * @default none. The `link` of a message is then only a path, for a `mail` hook that completes it or mails the token
   */
  readonly appUrl?: AppUrl;
  /**
   * Paths of the pages below `appUrl`. A page reads the token from `#token=…` and calls the procedure for it.
   * @default see {@link MailLinks}
   */
  readonly mailLinks?: MailLinks;
}

/** The mail options of an app, checked. */
export interface MailSettings {
  readonly send: SendMail | undefined;
  readonly appUrl: AppUrl | undefined;
  readonly links: MailLinks;
}

export function mailSettings({ mail, appUrl, mailLinks = {} }: MailOptions): MailSettings {
  return { send: mail, appUrl, links: mailLinks };
}
