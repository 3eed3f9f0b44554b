import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";

/**
 * Returns the procedure at a path; `undefined` if there is none. Returns a promise only if a lazy router must be loaded first. tRPC
 * exports the same function only from its unstable entry point.
 */
export function resolveProcedure(
  router: AnyTRPCRouter,
  path: string,
): AnyTRPCProcedure | undefined | Promise<AnyTRPCProcedure | undefined> {
  const { procedures, lazy } = router._def as {
    readonly procedures: Record<string, AnyTRPCProcedure>;
    readonly lazy: Record<string, { load(): Promise<void> }>;
  };
  if (Object.hasOwn(procedures, path)) return procedures[path];
  const key = Object.keys(lazy).find((candidate) => path === candidate || path.startsWith(`${candidate}.`));
  if (key === undefined) return undefined;
  return lazy[key]?.load().then(() => resolveProcedure(router, path));
}
