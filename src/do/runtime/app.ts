import type { AnyTRPCRouter } from "@trpc/server";
import { createErrorReporter } from "../../router/create-error-reporter.js";
import { definitionOf, type RouterDefinition } from "../../router/definition.js";
import type { OnError } from "../../router/error-report.js";
import { auditOptions, type AuditOptions } from "../accounts/audit-log.js";
import { withDefaults, type SessionOptions } from "../accounts/sessions/session-options.js";
import { throttleOptions, type ThrottleOptions } from "../rate/throttle-delay.js";
import { checkUserDOOptions } from "./check-user-do-options.js";
import { retentionOf, type ChangeLogRetention } from "../change-log/change-log-retention.js";
import type { AccountHooks } from "../hooks.js";
import { guardFetch } from "../live/live-sandbox.js";
import { mailSettings, type MailSettings } from "../mail/mail-options.js";
import type { CheckBreachedPassword } from "../accounts/passwords/check-breached-password.js";
import type { UserDOOptions } from "../options.js";
import { socketLimits, type SocketLimits } from "../connections/socket-limits.js";
import { createTableSet, type TableSet } from "../tables/table-set.js";

/** All that the objects of one app have in common: worked out once, when the class is made. */
export interface App {
  readonly router: AnyTRPCRouter;
  readonly definition: RouterDefinition;
  readonly tables: { readonly user: TableSet; readonly organization: TableSet };
  readonly session: Required<SessionOptions>;
  readonly socketLimits: Required<SocketLimits>;
  readonly retention: Required<ChangeLogRetention>;
  readonly throttle: Required<ThrottleOptions>;
  readonly audit: Required<AuditOptions>;
  readonly checkBreachedPassword: CheckBreachedPassword | undefined;
  readonly maxQueuedHashes: number;
  readonly mail: MailSettings;
  readonly hooks: AccountHooks;
  readonly onError: OnError;
}

/** @throws Error when the router's definition is wrong: at start, not at the first call */
export function createApp(router: AnyTRPCRouter, options: UserDOOptions): App {
  guardFetch();
  checkUserDOOptions(options);
  const definition = definitionOf(router);
  const { user, organization } = definition.app.tables;
  return {
    router,
    definition,
    tables: {
      user: createTableSet(user, definition.migrations.user),
      organization: createTableSet(organization, definition.migrations.organization),
    },
    session: withDefaults(options.session),
    socketLimits: socketLimits(options.sockets),
    retention: retentionOf(options.changeLog),
    throttle: throttleOptions(options.throttle),
    audit: auditOptions(options.audit),
    checkBreachedPassword: options.checkBreachedPassword,
    maxQueuedHashes: options.maxQueuedHashes ?? 4,
    mail: mailSettings(options),
    hooks: options,
    onError: createErrorReporter(options.onError),
  };
}
