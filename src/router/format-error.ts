import { getTRPCErrorShape, TRPCError } from "@trpc/server";
import superjson from "superjson";
import type { ErrorShape } from "../shared/call.js";
import type { OnError } from "./error-report.js";

type FormatOptions = Parameters<typeof getTRPCErrorShape>[0];

/**
 * Formats an error with the procedure's `.errors()` or the app's formatter. If these throw or do not return a shape, the client
 * receives tRPC's own shape.
 *
 * @param requestId the id of the request; without one, the report of a formatter that fails has a new id
 */
export function formatError(options: FormatOptions, onError: OnError, requestId?: string): ErrorShape {
  try {
    // Serialized here, because a class instance, such as a schema's error, cannot be sent to the Worker.
    const shape = superjson.parse<Partial<ErrorShape> | undefined>(superjson.stringify(getTRPCErrorShape(options)));
    if (typeof shape?.data === "object" && shape.data !== null) return shape as ErrorShape;
    throw new Error(
      "An error formatter did not return a shape with `data`. Return { ...shape, data: { …, ...shape.data } }.",
    );
  } catch (cause) {
    const error =
      cause instanceof Error ? cause : new Error("The errorFormatter threw a value that is not an Error.", { cause });
    onError({
      error,
      requestId: requestId ?? crypto.randomUUID(),
      path: options.path ?? "",
      type: undefined,
      reason: "HOOK_FAILED",
    });
    return defaultShape(options);
  }
}

function defaultShape({ error: { code, message, stack }, ...options }: FormatOptions): ErrorShape {
  // The shape of `.errors()` is a property of the original error.
  const error = Object.assign(new TRPCError({ code, message }), { stack });
  return getTRPCErrorShape({
    ...options,
    error,
    config: { ...options.config, errorFormatter: ({ shape }) => shape },
  });
}
