type Method = (...args: never[]) => unknown;

interface DurableObjectsModule {
  readonly retryable?: (...methods: Method[]) => void;
}

/** A runtime without the module would not start a Worker that imports it. */
function loadModule(): DurableObjectsModule | undefined {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } };
  try {
    return process?.getBuiltinModule?.("cloudflare:durable-objects") as DurableObjectsModule | undefined;
  } catch {
    return undefined;
  }
}

const retryable = loadModule()?.retryable;

/**
 * Whether the platform retries calls of methods that were marked as retryable. The Workers and objects of an app run in the
 * same version of the runtime.
 */
export const platformRetriesReads = typeof retryable === "function";

/** Marks methods of an object that only read, so that the platform may retry calls of them after a reset. */
export function markRetryable(...methods: Method[]): void {
  retryable?.(...methods);
}
