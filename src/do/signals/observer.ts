import { callerKindOf, outcomeOfCause, succeeded, type CallOutcome } from "../../router/call-outcome.js";
import type { OnCall } from "../../router/create-call-reporter.js";
import type { CallReport } from "../../shared/call-report.js";
import type { Caller } from "../../shared/caller.js";
import type { ObjectAddress } from "../../shared/owner.js";
import { hasTracing, inSpan, isTraced, type Span } from "../../shared/tracing.js";
import { createRowCounter, withRowCounter } from "./row-counts.js";

/** A piece of work that is observed. */
export interface Work extends Pick<CallReport, "path" | "type"> {
  /** @default the object itself */
  readonly caller?: Caller;
  /** @default a new id */
  readonly requestId?: string | undefined;
}

/** The measurement of a piece of work, for the work itself. */
export interface Measured {
  /** The id of the request, for errors of the work. */
  readonly requestId: string;
  /** Whether spans inside the work are recorded. */
  readonly isTraced: boolean;
}

/** Measures the work of an object: reports it to the app's `onCall`, and records spans of the runtime's tracing. */
export interface Observer {
  /** Whether work of this moment is measured. If not, {@link Observer.observe} only runs it. */
  isActive(): boolean;
  /**
   * Runs work and reports how it ended. Returns its result, or throws or rejects with its error.
   *
   * @param run receives `undefined` if nothing is measured
   * @param outcomeOf returns the outcome of a result, for work that returns its errors; by default every result is `ok`
   */
  observe<TResult>(
    work: Work,
    run: (measured?: Measured) => TResult | Promise<TResult>,
    outcomeOf?: (result: TResult) => CallOutcome,
  ): TResult | Promise<TResult>;
}

export interface ObserverOptions {
  readonly address: ObjectAddress;
  readonly env: object;
  readonly onCall: OnCall | undefined;
}

/** The names of the spans of each type of work. */
const spans: Readonly<Record<Work["type"], `userdo.${string}`>> = {
  query: "userdo.dispatch",
  mutation: "userdo.dispatch",
  subscription: "userdo.dispatch",
  unknown: "userdo.dispatch",
  live: "userdo.live",
  mail: "userdo.delivery",
  message: "userdo.delivery",
  alarm: "userdo.alarm",
  schedule: "userdo.schedule",
  internal: "userdo.internal",
  request: "userdo.request",
};

/** Creates the observer of an object; `undefined` if there is no hook, and the runtime cannot record spans. */
export function createObserver({ address, env, onCall }: ObserverOptions): Observer | undefined {
  if (!onCall && !hasTracing) return undefined;
  // The id of an email object is derived from the address, and identifies the person who has it.
  const owner = address.type === "email" ? { type: address.type } : { type: address.type, id: address.id };

  /** Runs work in a span, which has the outcome at its end. */
  async function measure<TResult>(
    work: Work & { readonly requestId: string },
    run: (measured: Measured) => TResult | Promise<TResult>,
    { outcomeOf, onEnd }: MeasureOptions<TResult>,
  ): Promise<TResult> {
    const { path, type, requestId } = work;
    const attributes = { "userdo.path": path, "userdo.type": type, "userdo.owner": owner.type };
    return inSpan(spans[type], { ...attributes, "userdo.request_id": requestId }, async (span) => {
      const end = (ended: CallOutcome): void => {
        setOutcome(span, ended);
        onEnd(ended);
      };
      let result;
      try {
        result = await run({ requestId, isTraced: span !== undefined });
      } catch (cause) {
        end(outcomeOfCause(cause));
        throw cause;
      }
      end(outcomeOf(result));
      return result;
    });
  }

  const isActive = (): boolean => onCall !== undefined || isTraced();

  return {
    isActive,

    observe(work, run, outcomeOf = () => succeeded) {
      if (!isActive()) return run();
      const { path, type, caller, requestId = crypto.randomUUID() } = work;
      const identified = { path, type, requestId };
      if (!onCall) return measure(identified, run, { outcomeOf, onEnd() {} });
      const counter = createRowCounter();
      const startedAt = Date.now();
      const onEnd = (ended: CallOutcome): void => {
        const durationMs = Date.now() - startedAt;
        const kind = callerKindOf(caller);
        const counts = counter.end();
        void onCall({ path, type, owner, caller: kind, ...ended, durationMs, ...counts, requestId }, env);
      };
      return measure(identified, (measured) => withRowCounter(counter, () => run(measured)), { outcomeOf, onEnd });
    },
  };
}

interface MeasureOptions<TResult> {
  readonly outcomeOf: (result: TResult) => CallOutcome;
  readonly onEnd: (outcome: CallOutcome) => void;
}

function setOutcome(span: Span | undefined, { outcome, code, reason }: CallOutcome): void {
  if (!span) return;
  span.setAttributes({ "userdo.outcome": outcome, "userdo.code": code, "userdo.reason": reason });
  if (outcome === "failed") span.setStatus?.({ code: "error" });
}
