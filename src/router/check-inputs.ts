import type { AnyTRPCProcedure } from "@trpc/server";
import { acceptsObject } from "./accepts-object.js";
import { isProcedurePath } from "../shared/procedure-path.js";
import { isReservedKey } from "../shared/reserved-keys.js";
import { declaresKey } from "./declares-key.js";
import { placementOf } from "./placement.js";

/**
 * Refuses a procedure that declares the reserved input key `organizationId` without being an organization's:
 * the key alone says which object a call goes to, on the server and in the browser.
 *
 * Also refuses an organization's procedure with a schema that no object satisfies: its input always is an object, which contains the
 * `organizationId`.
 *
 * @throws Error that names the procedure, also for a name that no request may contain
 */
export function checkInputs(record: object, path: readonly string[] = []): void {
  for (const [key, value] of Object.entries(record)) {
    // What tRPC keeps beside a router's own names.
    if (key === "_def" || value === null) continue;
    if (isReservedKey(key)) {
      throw new Error(`"${[...path, key].join(".")}": requests for a procedure named "${key}" are refused. Rename it.`);
    }
    if (!isProcedurePath(key)) {
      throw new Error(
        `${JSON.stringify([...path, key].join("."))}: requests over HTTP cannot call this name. Use letters, digits, "_", "-" and "$".`,
      );
    }
    if (typeof value === "function" && "_def" in value) checkProcedure(value as AnyTRPCProcedure, [...path, key]);
    else if (typeof value === "object") checkInputs(value as object, [...path, key]);
  }
}

function checkProcedure(procedure: AnyTRPCProcedure, path: readonly string[]): void {
  const { kind } = placementOf(procedure);
  const { inputs = [] } = procedure._def as { readonly inputs?: readonly unknown[] };
  if (kind === "live") return;
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
      "Build it on that, or name the key otherwise.",
  );
}
