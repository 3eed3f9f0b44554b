import type { AnyTRPCProcedure } from "@trpc/server";
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
  if (!declareOrganizationId(inputs)) return;
  throw new Error(
    `"${path.join(".")}" declares the input key "organizationId", which is reserved for t.organizationProcedure. ` +
      "Build it on that, or name the key otherwise.",
  );
}

function declareOrganizationId(inputs: readonly unknown[]): boolean {
  const seen = new Set<unknown>();
  const open = [...inputs];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null || seen.has(next)) continue;
    seen.add(next);
    const shape: unknown = "shape" in next ? next.shape : undefined;
    if (typeof shape === "object" && shape !== null && "organizationId" in shape) return true;
    open.push(...alternatives(next));
  }
  return false;
}

/**
 * The schemas that may see the same input: what is optional, one of a union, the beginning of a pipe. Never a field, nor
 * what is lazy: it may name what is not there yet.
 */
function alternatives(schema: object): readonly unknown[] {
  const { def } = schema as { readonly def?: Readonly<Record<string, unknown>> };
  if (def === undefined) return [];
  const { innerType, in: first, out: second, left, right, options } = def;
  // What a transform gives is no input; what it hands on is.
  const begins = def["type"] === "pipe" && isTransform(first) ? second : first;
  return [innerType, begins, left, right, ...(Array.isArray(options) ? (options as unknown[]) : [])];
}

function isTransform(schema: unknown): boolean {
  return (schema as { readonly def?: { readonly type?: unknown } } | undefined)?.def?.type === "transform";
}
