interface WorkersModule {
  readonly tracing?: unknown;
  readonly exports?: object;
}

/** A runtime that does not have the module, or an export of it, would not start a Worker that imports it. */
function loadModule(): WorkersModule | undefined {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } };
  try {
    return process?.getBuiltinModule?.("cloudflare:workers") as WorkersModule | undefined;
  } catch {
    return undefined;
  }
}

/** The module `cloudflare:workers`; `undefined` in other runtimes. */
export const workersModule = loadModule();
