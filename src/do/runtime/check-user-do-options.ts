import { checkFunction, checkNumber, checkOptionNames, type OptionNames } from "../../shared/check-options.js";
import { checkMailOptions } from "../mail/check-mail-options.js";
import type { UserDOOptions } from "../options.js";

const names: OptionNames<UserDOOptions> = {
  mail: true,
  appUrl: true,
  mailLinks: true,
  throttle: true,
  audit: true,
  checkBreachedPassword: true,
  maxQueuedHashes: true,
  session: true,
  sockets: true,
  changeLog: true,
  onError: true,
  onSignup: true,
  onLogin: true,
  onEmailVerified: true,
  onEmailChanged: true,
  onProfileChanged: true,
  onDelete: true,
};

/**
 * Checks the options once, when the class is created: one that is misspelt or that no call can act on would only show as
 * something that never happens. Groups of options check themselves where their defaults are.
 *
 * @throws Error that names the option
 */
export function checkUserDOOptions(options: UserDOOptions): void {
  checkOptionNames("createUserDO", options, names);
  checkFunction("checkBreachedPassword", options.checkBreachedPassword);
  for (const name of Object.keys(names) as (keyof UserDOOptions)[]) {
    if (name.startsWith("on")) checkFunction(name, options[name]);
  }
  if (options.maxQueuedHashes !== undefined) checkNumber("maxQueuedHashes", options.maxQueuedHashes, { min: 0 });
  checkMailOptions(options);
}
