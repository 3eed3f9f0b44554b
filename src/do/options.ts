import { checkFunction, checkNumber, checkOptionNames, type OptionNames } from "../shared/check-options.js";
import type { AppOnError } from "../router/error-report.js";
import type { AppDefinition } from "../router/definition.js";
import type { AuditOptions } from "./accounts/audit-log.js";
import type { SessionOptions } from "./accounts/sessions/session-options.js";
import type { ThrottleOptions } from "./rate/throttle-delay.js";
import type { ChangeLogRetention } from "./change-log/change-log-retention.js";
import type { AccountHooks } from "./accounts/account-hooks.js";
import { checkMailOptions } from "./mail/check-mail-options.js";
import type { MailOptions } from "./mail/mail-options.js";
import type { CheckBreachedPassword } from "./accounts/passwords/check-breached-password.js";
import type { SocketLimits } from "./connections/socket-limits.js";

/** Options of {@link createUserDO}. All of them have defaults that suit production. */
export interface UserDOOptions<TApp extends AppDefinition = AppDefinition> extends MailOptions, AccountHooks<TApp> {
  /** How long wrong passwords make the next try wait. */
  readonly throttle?: ThrottleOptions;
  /** How much of what happened to an account is kept. */
  readonly audit?: AuditOptions;
  /**
   * Asks a service whether a new password is known from a breach, beside the list of common ones that is always looked
   * at. It is told five digits of a digest, has one second, and lets the password pass when it does not answer.
   * @default none
   */
  readonly checkBreachedPassword?: CheckBreachedPassword;
  /**
   * How many passwords of one account may wait to be hashed. More are refused with TOO_MANY_REQUESTS.
   * @default 4
   */
  readonly maxQueuedHashes?: number;
  /** How long sessions and their tokens live, and how many there may be. */
  readonly session?: SessionOptions;
  /** What sockets may take. */
  readonly sockets?: SocketLimits;
  /** How much of what was written is kept to be told to subscribers that were away. */
  readonly changeLog?: ChangeLogRetention;
  /**
   * Gets every unexpected error whole; the client only gets the request id.
   * @default prints the error, with its request id and path, by `console.error`
   */
  readonly onError?: AppOnError;
}

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
