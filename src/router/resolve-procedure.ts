import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";

/**
 * Returns the procedure at a path, after loading lazy routers; `undefined` if there is none. tRPC exports the same function only
 * from its unstable entry point.
 */
export async function resolveProcedure(router: AnyTRPCRouter, path: string): Promise<AnyTRPCProcedure | undefined> {
  const { procedures, lazy } = router._def as {
    readonly procedures: Record<string, AnyTRPCProcedure>;
    readonly lazy: Record<string, { load(): Promise<void> }>;
  };
  for (;;) {
    if (Object.hasOwn(procedures, path)) return procedures[path];
    const key = Object.keys(lazy).find((candidate) => path === candidate || path.startsWith(`${candidate}.`));
    if (key === undefined) return undefined;
    await lazy[key]?.load();
  }
}
