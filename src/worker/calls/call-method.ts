import type { Call } from "../../shared/call.js";
import { canRetry, isMissingMethod } from "../../shared/object-failure.js";
import type { ObjectStub } from "../../shared/object-stub.js";
import { platformRetriesReads } from "../../shared/platform-retries.js";

/** The method of an object that runs calls. */
type CallMethod = keyof Pick<ObjectStub, "trpc" | "trpcRead">;

/** The method for calls: queries go through the one that the platform may retry. */
export function methodFor(calls: readonly Call[]): CallMethod {
  for (const { type } of calls) if (type !== "query") return "trpc";
  return "trpcRead";
}

/** The method with which calls are sent again after an error; `undefined` if they must not be. */
export function methodForRetry(method: CallMethod, calls: readonly Call[], cause: unknown): CallMethod | undefined {
  if (method === "trpcRead" && isMissingMethod(cause, method)) return "trpc";
  const kind = method === "trpcRead" ? "reads" : calls.every(hasKey) ? "keyed" : "others";
  return canRetry(cause, kind, { platformRetriesReads }) ? method : undefined;
}

function hasKey({ type, idempotencyKey }: Call): boolean {
  return type !== "subscription" && idempotencyKey !== undefined;
}
