import { getTRPCErrorShape } from "@trpc/server";
import type { ErrorShape } from "../shared/call.js";
import type { OnError } from "./run-call.js";

type FormatOptions = Parameters<typeof getTRPCErrorShape>[0];

/** Formats an error by the app's formatter. If that throws, or returns no shape, the client gets tRPC's own shape. */
export function formatError(options: FormatOptions, onError: OnError): ErrorShape {
  try {
    const shape: Partial<ErrorShape> | undefined = getTRPCErrorShape(options);
    if (typeof shape?.data === "object") return shape as ErrorShape;
    throw new Error("The errorFormatter did not return a shape with `data`. Return { ...shape, data: … }.");
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error("The errorFormatter has thrown.", { cause });
    onError({ error, requestId: crypto.randomUUID(), path: options.path ?? "", type: undefined });
    return getTRPCErrorShape({ ...options, config: { ...options.config, errorFormatter: ({ shape }) => shape } });
  }
}
