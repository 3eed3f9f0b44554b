import type { AnyTRPCRouter } from "@trpc/server";
import { createCallReporter } from "../router/create-call-reporter.js";
import { createErrorReporter } from "../router/create-error-reporter.js";
import { definitionOf } from "../router/definition.js";
import { auditOptions } from "./accounts/audit-log.js";
import { actionLogOptions, organizationAuditOptions } from "./audit/action-log-options.js";
import { withDefaults } from "./accounts/sessions/session-options.js";
import { NATIVE_ITERATIONS } from "./accounts/passwords/derive-pbkdf2.js";
import { retentionOf } from "./change-log/change-log-retention.js";
import { socketLimits } from "./connections/socket-limits.js";
import { directorySettings } from "./directory/directory-options.js";
import { guardFetch } from "./live/live-sandbox.js";
import { mailSettings } from "./mail/mail-options.js";
import type { App } from "./objects/app.js";
import { checkUserDOOptions, type UserDOOptions } from "./options.js";
import { schedulesOptions } from "./schedule/schedule-options.js";
import { presenceOptions } from "./presence/presence-options.js";
import { throttleOptions } from "./rate/throttle-delay.js";
import { createTableSet } from "./tables/table-set.js";

/**
 * Checks the definitions and options of an app when its class is created, and fills in the defaults.
 *
 * @throws Error if an option or the definition of the router is not valid
 */
export function createApp(router: AnyTRPCRouter, options: UserDOOptions): App {
  guardFetch();
  checkUserDOOptions(options);
  const definition = definitionOf(router);
  const onError = createErrorReporter(options.onError);
  const { user, organization, app } = definition.app.tables;
  return {
    router,
    definition,
    tables: {
      user: createTableSet(user, definition.migrations.user),
      organization: createTableSet(organization, definition.migrations.organization),
      app: createTableSet(app, definition.migrations.app),
    },
    session: withDefaults(options.session),
    socketLimits: socketLimits(options.sockets),
    schedules: schedulesOptions(options.schedules),
    presence: presenceOptions(options.presence),
    retention: retentionOf(options.changeLog),
    throttle: throttleOptions(options.throttle),
    audit: auditOptions(options.audit),
    operatorAudit: actionLogOptions("operatorAudit", options.operatorAudit),
    organizationAudit: organizationAuditOptions(options.organizationAudit),
    onAudit: options.onAudit,
    checkBreachedPassword: options.checkBreachedPassword,
    maxQueuedHashes: options.maxQueuedHashes ?? 4,
    maxImportedIterations: options.maxImportedIterations ?? NATIVE_ITERATIONS,
    mail: mailSettings(options),
    directory: directorySettings(options.directory, {
      profile: definition.app.profile,
      onChange: options.onDirectoryChange,
    }),
    location: options,
    hooks: options,
    onError,
    onCall: createCallReporter(options.onCall, onError),
  };
}
