import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";

/**
 * The procedure at a path, loading lazy routers on the way; `undefined` where there is none. tRPC has the
 * same walk, but only behind its unstable entry point.
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
