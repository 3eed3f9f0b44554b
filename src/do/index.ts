/** The Durable Object of a user, an organization or an email address. */
export { createUserDO } from "./create-user-do.js";
export type { UserDOClass } from "./create-user-do.js";
export type { UserDOOptions } from "./options.js";
export type { SessionOptions } from "./accounts/sessions/session-options.js";
export type { ChangeLogRetention } from "./change-log/change-log-retention.js";
export type { SocketLimits } from "./connections/socket-limits.js";
export { devInbox } from "./mail/dev-inbox.js";
export type { AccountHooks } from "./accounts/account-hooks.js";
export type { AuditOptions } from "./accounts/audit-log.js";
export type { ThrottleOptions } from "./rate/throttle-delay.js";
export type { DirectoryChange, DirectoryOptions, OnDirectoryChange } from "./directory/directory-options.js";
export type { AppUrl, MailLinks } from "./mail/links.js";
export type { MailMessage, SendMail } from "./mail/mail-message.js";
export type { DeadLetter } from "./messaging/outbox-store.js";
export type { CheckBreachedPassword } from "./accounts/passwords/check-breached-password.js";
export type { UserDO } from "./user-do.js";
export type { AppOnError as OnError } from "../router/error-report.js";
export type { ErrorReport } from "../router/error-report.js";
