import type { AnyTRPCProcedure } from "@trpc/server";
import { declaresKey } from "./declares-key.js";
import { placementOf } from "./placement.js";

/**
 * Refuses a procedure that declares the reserved input key `organizationId` without being an organization's:
 * the key alone says which object a call goes to, on the server and in the browser.
 *
 * @throws Error that names the procedure
 */
export function checkInputs(record: object, path: readonly string[] = []): void {
  for (const [key, value] of Object.entries(record)) {
    // What tRPC keeps beside a router's own names.
    if (key === "_def" || value === null) continue;
    if (typeof value === "function" && "_def" in value) checkProcedure(value as AnyTRPCProcedure, [...path, key]);
    else if (typeof value === "object") checkInputs(value as object, [...path, key]);
  }
}

function checkProcedure(procedure: AnyTRPCProcedure, path: readonly string[]): void {
  if (["organization", "live"].includes(placementOf(procedure).kind)) return;
  const { inputs = [] } = procedure._def as { readonly inputs?: readonly unknown[] };
  if (!inputs.some((schema) => declaresKey(schema, "organizationId"))) return;
  throw new Error(
    `"${path.join(".")}" declares the input key "organizationId", which is reserved for t.organizationProcedure. ` +
      "Build it on that, or name the key otherwise.",
  );
}
