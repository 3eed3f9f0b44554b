import { outcomeOf } from "../../router/call-outcome.js";
import type { Call, Reply } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { ObjectHandler } from "../objects/object-handler.js";
import type { Observer } from "../signals/observer.js";
import type { Dispatcher } from "./dispatcher.js";

export interface ScheduledRunsOptions {
  readonly handler: Pick<ObjectHandler, "connectSchedules" | "flushOutbox">;
  /** A dispatcher that does not report the calls itself. */
  readonly dispatcher: Pick<Dispatcher, "run">;
  readonly observer: Observer | undefined;
  /** Notifies the sockets of the writes of a mutation. */
  readonly withWriteCursor: (caller: Caller, work: () => Promise<Reply>) => Promise<Reply>;
}

const system: Caller = { type: "system" };

/** Runs the scheduled mutations of an object as the system, and reports each run. */
export function connectScheduledRuns(options: ScheduledRunsOptions): void {
  const { handler, dispatcher, observer, withWriteCursor } = options;

  async function run(call: Call, requestId?: string): Promise<Reply> {
    const reply = await withWriteCursor(system, () => dispatcher.run(system, call, "rpc", { device: { requestId } }));
    // The run does not wait until its messages are delivered. The promise never rejects.
    void handler.flushOutbox?.();
    return reply;
  }

  handler.connectSchedules?.(async (call) => {
    if (!observer) return run(call);
    const work = { path: call.path, type: "schedule", caller: system } as const;
    return observer.observe(work, (measured) => run(call, measured?.requestId), outcomeOf);
  });
}
