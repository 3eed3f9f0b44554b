import type { AnyTRPCProcedure, AnyTRPCRouter } from "@trpc/server";
import { outcomeOf } from "../../router/call-outcome.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import type { Call } from "../../shared/call.js";
import type { CallReport } from "../../shared/call-report.js";
import type { InternalRequest } from "../../shared/internal.js";
import type { Observer, Work } from "../signals/observer.js";
import type { Dispatcher } from "./dispatcher.js";

/** Describes a request of the Worker or of another object. */
export function internalWork(request: InternalRequest): Work {
  const requestId = "device" in request ? request.device.requestId : undefined;
  return { path: `(internal) ${request.op}`, type: "internal", requestId };
}

/** Measures each call of a dispatcher. A dispatcher that is not observed has no part of this. */
export function observeDispatcher(
  dispatcher: Dispatcher,
  { isActive, observe }: Observer,
  router: AnyTRPCRouter,
): Dispatcher {
  type Described = Pick<CallReport, "path" | "type">;

  const toDescription = ({ path, type }: Call, procedure: AnyTRPCProcedure | undefined): Described =>
    procedure ? { path, type: type ?? procedure._def.type } : { path: "(unknown)", type: type ?? "unknown" };

  /**
   * Runs work with the path and the type of a call. A server-side caller does not send the type, and a client can send any
   * path. Waits only for a router that is still loading.
   */
  async function described<TResult>(
    call: Call,
    work: (description: Described) => TResult | Promise<TResult>,
  ): Promise<TResult> {
    const found = resolveProcedure(router, call.path);
    if (!(found instanceof Promise)) return work(toDescription(call, found));
    return work(toDescription(call, await found.catch(() => undefined)));
  }

  return {
    ...dispatcher,

    run(caller, call, transport, options = {}) {
      if (!isActive()) return dispatcher.run(caller, call, transport, options);
      const { device } = options;
      return described(call, (description) =>
        observe(
          { ...description, caller, requestId: device?.requestId },
          (measured) => {
            const { requestId = device?.requestId, isTraced } = measured ?? {};
            return dispatcher.run(caller, call, transport, { ...options, device: { ...device, requestId }, isTraced });
          },
          outcomeOf,
        ),
      );
    },

    query(caller, call, recorder) {
      if (!isActive()) return dispatcher.query(caller, call, recorder);
      return described(call, ({ path }) =>
        observe(
          { path, type: "live", caller },
          (measured) => dispatcher.query(caller, call, recorder, measured?.requestId),
          outcomeOf,
        ),
      );
    },

    subscribe(caller, call, scope) {
      if (!isActive()) return dispatcher.subscribe(caller, call, scope);
      return described(call, ({ path }) =>
        observe(
          { path, type: "subscription", caller },
          (measured) => dispatcher.subscribe(caller, call, scope, measured?.requestId),
          outcomeOf,
        ),
      );
    },
  };
}
