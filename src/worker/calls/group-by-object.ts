import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { placementOf, type Placement } from "../../router/placement.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import type { Call } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { ObjectAddress } from "../../shared/owner.js";
import type { Configuration } from "../configuration.js";
import { resolveTarget } from "./resolve-target.js";

/** A call with its procedure, which stays in the Worker. */
export interface SendableCall {
  readonly path: string;
  readonly call: Call;
  readonly procedure: AnyTRPCProcedure;
}

/** The calls of a request that are for one object. */
export interface ObjectCalls {
  readonly address: ObjectAddress;
  readonly calls: Call[];
  /** The position of each call in the request. */
  readonly indexes: number[];
}

/** A call that is not sent to an object, and its position in the request. */
export interface OtherCall extends SendableCall {
  readonly index: number;
}

/** The calls of a request by where they run. */
export interface GroupedCalls {
  readonly objects: readonly ObjectCalls[];
  /** The calls that run in the Worker. */
  readonly local: readonly OtherCall[];
  /** The calls whose object cannot be determined. */
  readonly failed: readonly (OtherCall & { readonly cause: unknown })[];
}

/** The object that a call is for, the Worker itself, or why the call cannot be sent. */
type Target = ObjectAddress | "here" | { readonly cause: unknown };

interface GroupOptions {
  readonly router: AnyTRPCRouter;
  readonly caller: Caller;
  readonly configuration: Configuration;
}

/**
 * Resolves the objects of all calls, so that the calls to one object can be sent together. Returns a promise only if a call
 * is for the object of an email address or of a token.
 */
export function groupByObject(
  calls: readonly SendableCall[],
  options: GroupOptions,
): GroupedCalls | Promise<GroupedCalls> {
  const targets = calls.map((call) => targetOf(call, options));
  return targets.some((target) => target instanceof Promise)
    ? Promise.all(targets.map((target) => Promise.resolve(target))).then((resolved) => group(calls, resolved))
    : group(calls, targets as Target[]);
}

function targetOf({ call, procedure }: SendableCall, options: GroupOptions): Target | Promise<Target> {
  try {
    const { inputs: schemas = [] } = procedure._def as { readonly inputs?: readonly unknown[] };
    const { input, refreshCookie } = call;
    const { caller, configuration } = options;
    const resolve = (placement: Pick<Placement, "kind">): Target | Promise<Target> =>
      resolveTarget(placement, { input, schemas, refreshCookie }, caller, configuration);
    const placement = placementOf(procedure);
    const placed = placement.kind === "live" ? placementOfLiveQuery(options.router, input) : placement;
    const target = placed instanceof Promise ? placed.then(resolve) : resolve(placed);
    return target instanceof Promise ? target.catch((cause: unknown) => ({ cause })) : target;
  } catch (cause) {
    return { cause };
  }
}

/** Returns the placement of the query that `_live` runs, if it is the app's. Other queries are placed by their input. */
function placementOfLiveQuery(
  router: AnyTRPCRouter,
  input: unknown,
): Pick<Placement, "kind"> | Promise<Pick<Placement, "kind">> {
  const { path } = (input ?? {}) as { readonly path?: unknown };
  const found = typeof path === "string" ? resolveProcedure(router, path) : undefined;
  const toPlacement = (query: AnyTRPCProcedure | undefined): Pick<Placement, "kind"> =>
    query && placementOf(query).kind === "app" ? { kind: "app" } : { kind: "live" };
  return found instanceof Promise ? found.then(toPlacement) : toPlacement(found);
}

function group(calls: readonly SendableCall[], targets: readonly Target[]): GroupedCalls {
  const objects: ObjectCalls[] = [];
  const local: OtherCall[] = [];
  const failed: (OtherCall & { readonly cause: unknown })[] = [];
  for (const [index, sendable] of calls.entries()) {
    const { call } = sendable;
    const target = targets[index];
    if (target === undefined) continue;
    if (target === "here") local.push({ ...sendable, index });
    else if ("cause" in target) failed.push({ ...sendable, index, cause: target.cause });
    else {
      const known = objects.find(({ address }) => address.type === target.type && address.id === target.id);
      if (!known) objects.push({ address: target, calls: [call], indexes: [index] });
      else {
        known.calls.push(call);
        known.indexes.push(index);
      }
    }
  }
  return { objects, local, failed };
}
