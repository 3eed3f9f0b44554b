import type { OnError } from "../../router/error-report.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import type { ObjectHandler } from "../objects/object-handler.js";

/**
 * Upgrades the stored data of an object to the app's definitions. If the upgrade fails, the data is unchanged and every call
 * gets an error that says so. An error in the constructor would only show as an internal error of the platform. The next
 * start of the object, for example after a deploy, retries the upgrade.
 */
export function startOrRefuse(handler: ObjectHandler, onError: OnError): ObjectHandler {
  const report = (error: Error): void =>
    onError({ error, requestId: crypto.randomUUID(), path: "(start)", type: undefined });
  try {
    for (const error of handler.start?.() ?? []) report(error);
    return handler;
  } catch (cause) {
    report(cause instanceof Error ? cause : new Error(String(cause)));
    const refuse = (): never => {
      throw new ReasonedError({
        code: "SERVICE_UNAVAILABLE",
        reason: "UPGRADE_FAILED",
        message:
          "The stored data could not be upgraded to this version of the app. It is unchanged. Fix the migration and deploy again.",
        cause,
      });
    };
    return {
      ...handler,
      authorize: refuse,
      internal: refuse,
      tables: refuse,
      kv: refuse,
      db: refuse,
      setUserFields: refuse,
    };
  }
}
