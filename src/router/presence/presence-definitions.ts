import { z } from "zod";

/** The schema of a connection's state, for each kind of owner that has presence. */
export interface OwnerPresence {
  readonly user?: z.core.$ZodType;
  readonly organization?: z.core.$ZodType;
  readonly app?: z.core.$ZodType;
}

/**
 * Checks the option `presence` when the app starts.
 *
 * @throws Error that names the kind of owner
 */
export function checkPresence(presence: OwnerPresence | undefined): void {
  for (const [owner, schema] of Object.entries(presence ?? {}) as [string, unknown][]) {
    if (schema === undefined || schema instanceof z.core.$ZodType) continue;
    throw new Error(`presence.${owner} is not a schema. Write it as z.object({ … }).`);
  }
}
