import { ConfigurationError } from "../../shared/configuration-error.js";
import type { OnError } from "../../router/error-report.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { ObjectHandler } from "../objects/object-handler.js";
import type { SocketCapability } from "../sockets/socket-capability.js";
import { FrameworkUpgradeError } from "../tables/schema/framework-schema.js";

export interface StartOptions {
  readonly alarms: Pick<Alarms, "suspend">;
  readonly onError: OnError;
}

/**
 * Upgrades the stored data of an object to the app's definitions. If the upgrade fails, the data is unchanged and every call
 * gets an error that says so. An error in the constructor would only show as an internal error of the platform. The next
 * start of the object, for example after a deploy, retries the upgrade.
 */
export function startOrRefuse(handler: ObjectHandler, { alarms, onError }: StartOptions): ObjectHandler {
  const report = (error: Error): void =>
    onError({ error, requestId: crypto.randomUUID(), path: "(start)", type: undefined, reason: "UPGRADE_FAILED" });
  try {
    for (const error of handler.start?.() ?? []) report(error);
    return handler;
  } catch (cause) {
    report(cause instanceof Error ? cause : new Error(String(cause)));
    const refuse = (): never => {
      if (cause instanceof ConfigurationError) throw cause;
      throw new ReasonedError({
        code: "SERVICE_UNAVAILABLE",
        reason: "UPGRADE_FAILED",
        message:
          "The stored data could not be upgraded to this version of the app. It is unchanged. Fix the migration and deploy again.",
        cause,
      });
    };
    const refused: ObjectHandler = {
      ...handler,
      authorize: refuse,
      internal: refuse,
      tables: refuse,
      kv: refuse,
      events: refuse,
      db: refuse,
      schedule: refuse,
      setUserFields: refuse,
    };
    if (!(cause instanceof FrameworkUpgradeError || cause instanceof ConfigurationError)) return refused;
    // The code of this version would read and write the framework's tables of an earlier one, or send messages to other
    // objects than before.
    alarms.suspend();
    const { sockets } = handler;
    const { resolveAccess: _resolveAccess, ...unresolved } = refused;
    return {
      ...unresolved,
      deadLetters: refuse,
      countPending: refuse,
      ...(sockets && { sockets: withoutUpgrade(sockets, refuse) }),
    };
  }
}

/** Sockets of an object whose framework tables are those of an earlier version. Each of their calls is refused. */
function withoutUpgrade(sockets: SocketCapability, refuse: () => never): SocketCapability {
  const { onUpgrade: _onUpgrade, onUse: _onUse, ...rest } = sockets;
  const access: SocketCapability["access"] = (caller) => {
    try {
      return sockets.access(caller);
    } catch {
      return "unknown";
    }
  };
  return {
    ...rest,
    access,
    resolveAccess: (caller) => (access(caller) === "unknown" ? Promise.resolve().then(refuse) : undefined),
  };
}
