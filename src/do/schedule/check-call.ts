import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { isReplyConfidential, placementOf } from "../../router/placement.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import { organizationInput } from "../../router/runner/app-input.js";
import { parseResult } from "../../router/runner/parse-result.js";
import type { Owner } from "../../shared/owner.js";

/**
 * Checks that a path is a mutation of the owner, and that its schemas accept the input. A procedure of a lazy router that is not
 * loaded, and an asynchronous schema, are checked when the schedule runs.
 *
 * @throws ReasonedError BAD_REQUEST (SCHEDULE_PATH_INVALID, INPUT_INVALID)
 */
export function checkCall(router: AnyTRPCRouter, owner: Owner["type"], path: string, input: unknown): void {
  const found = typeof path === "string" ? resolveProcedure(router, path) : undefined;
  // A router that cannot be loaded is reported when the schedule runs.
  if (found instanceof Promise) return void found.catch(() => {});
  if (!found || !canRun(found, owner)) throw pathInvalid(owner);
  const { inputs = [] } = found._def as { readonly inputs?: readonly unknown[] };
  for (const schema of inputs) {
    if (schema === organizationInput) continue;
    const parsed = parseResult(schema, input);
    if (parsed && !(parsed instanceof Promise) && parsed.issues) throw inputInvalid(path);
  }
}

/** The results of some built-in mutations are not stored, so that a repeat would run again. */
function canRun(procedure: AnyTRPCProcedure, owner: Owner["type"]): boolean {
  const placement = placementOf(procedure);
  return procedure._def.type === "mutation" && placement.kind === owner && !isReplyConfidential(placement);
}

function pathInvalid(owner: Owner["type"]): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "SCHEDULE_PATH_INVALID",
    message: `The path is not that of a mutation that can be scheduled here. In this object, schedule a mutation of t.${owner}Procedure.`,
  });
}

function inputInvalid(path: string): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "INPUT_INVALID",
    message: `The input does not match the schema of "${path}". Pass the input with which a client would call it.`,
  });
}
