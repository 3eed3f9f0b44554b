import type { AppOnError } from "../router/error-report.js";
import type { AppDefinition } from "../router/definition.js";
import type { AuditOptions } from "./accounts/audit-log.js";
import type { SessionOptions } from "./accounts/sessions/session-options.js";
import type { ThrottleOptions } from "./rate/throttle-delay.js";
import type { ChangeLogRetention } from "./change-log/change-log-retention.js";
import type { AccountHooks } from "./hooks.js";
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
