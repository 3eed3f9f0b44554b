import { checkFunction, checkOptionNames } from "../../shared/check-options.js";
import { checkedAppUrl } from "./links.js";
import type { MailOptions } from "./mail-options.js";

/** @throws Error that names an option which is not valid */
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
      `mailLinks.${name}: "${String(path)}" is not a path below \`appUrl\`. Begin with "/", and leave out "#": the link ` +
        "appends the token after it.",
    );
  }
}
