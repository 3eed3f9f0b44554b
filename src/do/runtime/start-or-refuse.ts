import { TRPCError } from "@trpc/server";
import type { OnError } from "../../router/error-report.js";
import type { ObjectHandler } from "../objects/object-handler.js";

/**
 * Brings what an object stores up to date with the app's definitions. When that fails the data stays as it was, and
 * the object lives on to say so to every call: a constructor that throws would answer nothing that one can read.
 * It is tried again when the object next starts, as it does for a new version.
 */
export function startOrRefuse(kind: ObjectHandler, onError: OnError): ObjectHandler {
  const report = (error: Error): void =>
    onError({ error, requestId: crypto.randomUUID(), path: "(start)", type: undefined });
  try {
    for (const error of kind.start?.() ?? []) report(error);
    return kind;
  } catch (cause) {
    report(cause instanceof Error ? cause : new Error(String(cause)));
    const refuse = (): never => {
      throw new TRPCError({
        code: "SERVICE_UNAVAILABLE",
        message:
          "This data could not be brought to the app's version. It is unchanged, and waits for the next version.",
        cause,
      });
    };
    return {
      ...kind,
      authorize: refuse,
      internal: refuse,
      tables: refuse,
      kv: refuse,
      db: refuse,
      setUserFields: refuse,
    };
  }
}
