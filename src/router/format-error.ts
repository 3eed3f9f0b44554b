import { getTRPCErrorShape } from "@trpc/server";
import superjson from "superjson";
import type { ErrorShape } from "../shared/call.js";
import type { OnError } from "./error-report.js";

type FormatOptions = Parameters<typeof getTRPCErrorShape>[0];

/** Formats an error with the app's formatter. If it throws or does not return a shape, the client receives tRPC's own shape. */
export function formatError(options: FormatOptions, onError: OnError): ErrorShape {
  try {
    const shape: Partial<ErrorShape> | undefined = getTRPCErrorShape(options);
    // Serialized here, because a class instance, such as a schema's error, cannot be sent to the Worker.
    if (typeof shape?.data === "object") return superjson.parse(superjson.stringify(shape));
    throw new Error("The errorFormatter did not return a shape with `data`. Return { ...shape, data: … }.");
  } catch (cause) {
    const error =
      cause instanceof Error ? cause : new Error("The errorFormatter threw a value that is not an Error.", { cause });
    onError({ error, requestId: crypto.randomUUID(), path: options.path ?? "", type: undefined });
    return getTRPCErrorShape({ ...options, config: { ...options.config, errorFormatter: ({ shape }) => shape } });
  }
}
