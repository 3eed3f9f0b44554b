import type { AnyTRPCRouter } from "@trpc/server";
import type { RouterDefinition } from "../../router/definition.js";
import type { OnCall } from "../../router/create-call-reporter.js";
import type { OnError } from "../../router/error-report.js";
import type { AccountHooks } from "../accounts/account-hooks.js";
import type { AuditOptions } from "../accounts/audit-log.js";
import type { OnAudit } from "../audit/action-feed.js";
import type { ActionLogOptions } from "../audit/action-log-options.js";
import type { CheckBreachedPassword } from "../accounts/passwords/check-breached-password.js";
import type { SessionOptions } from "../accounts/sessions/session-options.js";
import type { ChangeLogRetention } from "../change-log/change-log-retention.js";
import type { SchedulesOptions } from "../schedule/schedule-options.js";
import type { SocketLimits } from "../connections/socket-limits.js";
import type { DirectorySettings } from "../directory/directory-options.js";
import type { MailSettings } from "../mail/mail-options.js";
import type { PresenceOptions } from "../presence/presence-options.js";
import type { ThrottleOptions } from "../rate/throttle-delay.js";
import type { LocationOptions } from "../lifecycle/data-location.js";
import type { TableSet } from "../tables/table-set.js";

/** The definitions and options that all objects of one app share. Created once, with the class. */
export interface App {
  readonly router: AnyTRPCRouter;
  readonly definition: RouterDefinition;
  readonly tables: { readonly user: TableSet; readonly organization: TableSet; readonly app: TableSet };
  readonly session: Required<SessionOptions>;
  readonly socketLimits: Required<SocketLimits>;
  readonly schedules: Required<SchedulesOptions>;
  readonly presence: Required<PresenceOptions>;
  readonly retention: Required<ChangeLogRetention>;
  readonly throttle: Required<ThrottleOptions>;
  readonly audit: Required<AuditOptions>;
  /** Retention of the audit log of the app. */
  readonly operatorAudit: Required<ActionLogOptions>;
  /** Retention of the audit log of an organization. */
  readonly organizationAudit: Required<ActionLogOptions>;
  readonly onAudit: OnAudit | undefined;
  readonly checkBreachedPassword: CheckBreachedPassword | undefined;
  readonly maxQueuedHashes: number;
  readonly maxImportedIterations: number;
  readonly mail: MailSettings;
  readonly directory: DirectorySettings;
  /** Where new users and organizations are stored. */
  readonly location: LocationOptions;
  readonly hooks: AccountHooks;
  readonly onError: OnError;
  readonly onCall: OnCall | undefined;
}
