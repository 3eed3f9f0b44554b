import { checkFunction, checkOptionNames } from "../../shared/check-options.js";
import { checkedAppUrl } from "./links.js";
import type { MailOptions } from "./mail-options.js";

/** @throws Error that names the option with which no mail could be sent, or none would link to a page */
export function checkMailOptions({ mail, appUrl, mailLinks = {} }: MailOptions): void {
  checkFunction("mail", mail);
  if (appUrl !== undefined && typeof appUrl !== "function") checkedAppUrl(appUrl);
  checkOptionNames("mailLinks", mailLinks, {
    verifyEmail: true,
    resetPassword: true,
    changeEmail: true,
    confirmDevice: true,
    invitation: true,
  });
  for (const [name, path] of Object.entries(mailLinks)) {
    if (path === undefined || /^\/[^#\s]*$/.test(String(path))) continue;
    throw new Error(
      `mailLinks.${name}: "${String(path)}" is not a path below \`appUrl\`. Begin with "/", and leave out "#": the token ` +
        "of the link follows it.",
    );
  }
}
