import { checkFunction, checkNumber, checkOptionNames, type OptionNames } from "../shared/check-options.js";
import type { AppOnCall } from "../router/create-call-reporter.js";
import type { AppOnError } from "../router/error-report.js";
import type { AppDefinition } from "../router/definition.js";
import type { AuditOptions } from "./accounts/audit-log.js";
import type { OnAudit } from "./audit/action-feed.js";
import type { ActionLogOptions, OrganizationAuditOptions } from "./audit/action-log-options.js";
import type { SessionOptions } from "./accounts/sessions/session-options.js";
import type { ThrottleOptions } from "./rate/throttle-delay.js";
import type { ChangeLogRetention } from "./change-log/change-log-retention.js";
import type { AccountHooks } from "./accounts/account-hooks.js";
import { checkLocationOptions, type LocationOptions } from "./lifecycle/data-location.js";
import type { DirectoryOptions, OnDirectoryChange } from "./directory/directory-options.js";
import { checkMailOptions } from "./mail/check-mail-options.js";
import type { MailOptions } from "./mail/mail-options.js";
import type { CheckBreachedPassword } from "./accounts/passwords/check-breached-password.js";
import type { SchedulesOptions } from "./schedule/schedule-options.js";
import { MAX_ITERATIONS } from "./accounts/passwords/password-hash.js";
import type { PresenceOptions } from "./presence/presence-options.js";
import type { SocketLimits } from "./connections/socket-limits.js";

/**
 * Options of `createUserDO`. Every option has a default that is suitable for production.
 *
 * @example
 * export class BlogDO extends createUserDO(appRouter, {
 *   mail: (message, env) => sendWithProvider(env.MAIL_API_KEY, message),
 *   appUrl: "https://app.example.com",
 *   onSignup: ({ tables }) => void tables.posts.create({ title: "Welcome", body: "" }),
 * }) {}
 */
export interface UserDOOptions<TApp extends AppDefinition = AppDefinition>
  extends MailOptions, AccountHooks<TApp>, LocationOptions<TApp> {
  /**
   * Delays after wrong passwords.
   * @default no delay for 5 wrong passwords, then 1 second, doubled by each further one, up to 15 minutes
   */
  readonly throttle?: ThrottleOptions;
  /**
   * Retention of the audit log of an account.
   * @default see {@link AuditOptions}
   */
  readonly audit?: AuditOptions;
  /**
   * Retention of the audit log of the app, which `admin.audit.list` returns.
   * @default see {@link ActionLogOptions}
   */
  readonly operatorAudit?: ActionLogOptions;
  /**
   * Retention of the audit log of each organization, which `organizations.audit.list` returns.
   * @default 365 days and 10,000 entries
   */
  readonly organizationAudit?: OrganizationAuditOptions;
  /**
   * Receives new entries of the audit logs of the app and of organizations, in order and at least once, to store them
   * elsewhere. If it throws, rejects or takes longer than 30 seconds, it receives the same entries again later.
   * @default none
   */
  readonly onAudit?: OnAudit;
  /**
   * Asks a service whether a new password appeared in a data breach, in addition to the built-in list of common
   * passwords. It receives five digits of a digest and has one second. Without an answer in time the password is accepted.
   * @default none
   */
  readonly checkBreachedPassword?: CheckBreachedPassword;
  /**
   * Most passwords of one account that wait to be hashed. Further requests fail with TOO_MANY_REQUESTS.
   * @default 4
   */
  readonly maxQueuedHashes?: number;
  /**
   * Most PBKDF2 iterations of a password hash that is imported. A wrong password takes this many for every address, so that the time
   * does not show which accounts have such a hash. At most 1,000,000.
   * @default 100_000
   */
  readonly maxImportedIterations?: number;
  /**
   * Lifetimes of sessions and their tokens, in seconds, and the number of sessions per account.
   * @default see {@link SessionOptions}
   */
  readonly session?: SessionOptions;
  /**
   * Limits of the WebSockets of one object.
   * @default see {@link SocketLimits}
   */
  readonly sockets?: SocketLimits;
  /**
   * When people who lost their connection stop being present.
   * @default after 10 seconds
   */
  readonly presence?: PresenceOptions;
  /**
   * Retention of the change log, from which subscribers that reconnect get the changes that they missed.
   * @default 50,000 entries, 8 MiB and 7 days, whichever is reached first
   */
  readonly changeLog?: ChangeLogRetention;
  /**
   * Limits of the schedules of one object.
   * @default 10 attempts and 20,000 schedules
   */
  readonly schedules?: SchedulesOptions;
  /**
   * The directory of users and organizations, which `admin.users` and `admin.organizations` read.
   * @default one shard, without email addresses, profiles and names of organizations
   */
  readonly directory?: DirectoryOptions<TApp>;
  /**
   * Receives the changes of the directory, to copy it to a database, a queue or a search service.
   * @default none
   */
  readonly onDirectoryChange?: OnDirectoryChange;
  /**
   * Receives every unexpected error in full. The client only gets the request id.
   * @default prints the error, its request id and its path with `console.error`
   */
  readonly onError?: AppOnError;
  /**
   * Receives each call, run of a live query, delivery and task of an object when it has finished, for metrics. It cannot
   * change a reply: its errors go to `onError`, and its promise is not awaited. Without the hook nothing is measured.
   * @default none
   */
  readonly onCall?: AppOnCall;
}

const names: OptionNames<UserDOOptions> = {
  mail: true,
  appUrl: true,
  mailLinks: true,
  throttle: true,
  audit: true,
  operatorAudit: true,
  organizationAudit: true,
  onAudit: true,
  checkBreachedPassword: true,
  maxQueuedHashes: true,
  maxImportedIterations: true,
  session: true,
  sockets: true,
  presence: true,
  changeLog: true,
  schedules: true,
  jurisdiction: true,
  locationHint: true,
  directory: true,
  onDirectoryChange: true,
  onError: true,
  onCall: true,
  onSignup: true,
  onLogin: true,
  onEmailVerified: true,
  onEmailChanged: true,
  onProfileChanged: true,
  onDelete: true,
};

/**
 * Checks the options when the class is created, because a misspelt option would otherwise be ignored silently. Nested
 * option objects are checked beside their defaults.
 *
 * @throws Error with the name of the option
 */
export function checkUserDOOptions(options: UserDOOptions): void {
  checkOptionNames("createUserDO", options, names);
  checkFunction("checkBreachedPassword", options.checkBreachedPassword);
  for (const name of Object.keys(names) as (keyof UserDOOptions)[]) {
    if (name.startsWith("on")) checkFunction(name, options[name]);
  }
  if (options.maxQueuedHashes !== undefined) checkNumber("maxQueuedHashes", options.maxQueuedHashes, { min: 0 });
  if (options.maxImportedIterations !== undefined)
    checkNumber("maxImportedIterations", options.maxImportedIterations, { min: 0, max: MAX_ITERATIONS });
  checkLocationOptions(options);
  checkMailOptions(options);
}
