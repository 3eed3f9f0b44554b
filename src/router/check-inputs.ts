import type { AnyTRPCProcedure } from "@trpc/server";
import { acceptsObject } from "./accepts-object.js";
import { isProcedurePath } from "../shared/procedure-path.js";
import { isReservedKey } from "../shared/reserved-keys.js";
import { declaresKey } from "./declares-key.js";
import { placementOf } from "./placement.js";

/**
 * Checks the names and inputs of a router's procedures. Only organizations' procedures can have the input key `organizationId`,
 * because the client and the server route calls by it. The schemas of these procedures must accept an object, because their
 * input contains `organizationId`.
 *
 * @throws Error that names the procedure, if its name or its input is not allowed
 */
export function checkInputs(record: object, path: readonly string[] = []): void {
  for (const [key, value] of Object.entries(record)) {
    // tRPC stores its own data in the same object as the app's procedures.
    if (key === "_def" || value === null) continue;
    if (isReservedKey(key)) {
      throw new Error(
        `"${[...path, key].join(".")}": requests for a procedure named "${key}" are rejected. Rename it.`,
      );
    }
    if (!isProcedurePath(key)) {
      throw new Error(
        `${JSON.stringify([...path, key].join("."))}: this name cannot be called over HTTP. Use only letters, digits, "_", "-" and "$".`,
      );
    }
    if (typeof value === "function" && "_def" in value) checkProcedure(value as AnyTRPCProcedure, [...path, key]);
    else if (typeof value === "object") checkInputs(value as object, [...path, key]);
  }
}

function checkProcedure(procedure: AnyTRPCProcedure, path: readonly string[]): void {
  const { kind } = placementOf(procedure);
  const { inputs = [] } = procedure._def as { readonly inputs?: readonly unknown[] };
  if (kind === "live" || kind === "owner") return;
  if (kind === "organization") {
    if (inputs.every(acceptsObject)) return;
    throw new Error(
      `"${path.join(".")}" has an input schema that does not accept an object. The input of a t.organizationProcedure is an ` +
        "object, because it contains `organizationId`. Use z.object({ … }), with the value under a key of its own.",
    );
  }
  if (!inputs.some((schema) => declaresKey(schema, "organizationId"))) return;
  throw new Error(
    `"${path.join(".")}" declares the input key "organizationId", which is reserved for t.organizationProcedure. ` +
      "Use t.organizationProcedure, or rename the key.",
  );
}
