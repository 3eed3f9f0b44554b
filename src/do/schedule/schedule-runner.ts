import { hash } from "node:crypto";
import { errorReason } from "../../shared/error-reason.js";
import type { Reply } from "../../shared/call.js";
import type { OnError } from "../../router/error-report.js";
import type { AlarmTask } from "../lifecycle/alarms.js";
import { within } from "../lifecycle/within.js";
import { createSlice } from "../scheduling/time-slice.js";
import type { ScheduleStore, StoredSchedule } from "./schedule-store.js";

/** A mutation that is due. */
export interface DueCall {
  readonly path: string;
  /** JSON text, as `encodeJson` returns it. */
  readonly input: string;
  /** The same for each attempt that must not have a second effect. */
  readonly idempotencyKey: string;
}

/** Why an attempt failed. */
interface Failure {
  readonly message: string;
  /**
   * `final`: another attempt could have the effects a second time. `refused`: the object refuses all calls, until it is fixed.
   * `interrupted`: it refuses them for seconds, while its data is restored.
   */
  readonly kind: "temporary" | "final" | "refused" | "interrupted";
}

export interface ScheduleRunnerOptions {
  readonly store: ScheduleStore;
  readonly isInitialized: () => boolean;
  /** Whether no schedule runs for now, because the account is suspended or being deleted. */
  readonly isPaused: () => boolean;
  /** Whether no more runs start for now, because the tasks of the alarm are stopped. */
  readonly isStopped: () => boolean;
  readonly transaction: (work: () => void) => void;
  readonly arm: () => void;
  /** Whether a mutation has the mark `t.repeatable`. */
  readonly isRepeatable: (path: string) => boolean | Promise<boolean>;
  /** Runs a mutation. Never rejects. */
  readonly run: (call: DueCall) => Promise<Reply>;
  /** Whether all effects of the mutation with a key are stored, although its result is not known. */
  readonly wasCommitted: (idempotencyKey: string) => boolean;
  /** Sets the next run of a schedule, or deletes it. Called in a transaction. */
  readonly advance: (schedule: StoredSchedule, now: number) => void;
  /** Stores a run that was given up. Called in a transaction. */
  readonly giveUp: (schedule: StoredSchedule, error: string, now: number) => void;
  readonly onError: OnError;
  /** Attempts before a run is given up. */
  readonly maxAttempts: number;
}

/** How many mutations run at once, without those that are slow. */
const MAX_PARALLEL = 6;
/** A mutation that takes longer is slow: others start beside it. */
const SLOW_MS = 5_000;
/** How many mutations run at once, with those that are slow. */
const MAX_RUNNING = 60;
/** After this time the other tasks of the alarm run. */
const BUDGET_MS = 10_000;
/** How often the alarm wakes the object while a mutation runs. If the object was evicted, the mutation starts again. */
const HEARTBEAT_MS = 30_000;
/** After this time an attempt counts as failed. */
const TIMEOUT_MS = 15 * 60_000;
const FIRST_RETRY_MS = 10_000;
const MAX_RETRY_MS = 60 * 60_000;
const REFUSED_PAUSE_MS = 15 * 60_000;

interface Running {
  isSlow: boolean;
}

/** Runs the schedules that are due, the longest due first, on the alarm of the object. */
export function createScheduleRunner(options: ScheduleRunnerOptions): AlarmTask {
  const { store, isInitialized, isPaused, transaction, arm, advance, maxAttempts } = options;
  /** The runs that have started, by the names of their schedules. */
  const running = new Map<string, Running>();
  let isDispatching = false;
  let wake = (): void => {};

  const canRun = (): boolean => isInitialized() && !isPaused();

  function countFast(): number {
    let count = 0;
    for (const { isSlow } of running.values()) if (!isSlow) count++;
    return count;
  }

  /** How many runs can start. */
  const free = (): number => Math.min(MAX_PARALLEL - countFast(), MAX_RUNNING - running.size);

  function start(schedule: StoredSchedule): void {
    const run: Running = { isSlow: false };
    running.set(schedule.name, run);
    const timer = setTimeout(() => {
      run.isSlow = true;
      wake();
    }, SLOW_MS);
    const onEnd = (): void => {
      clearTimeout(timer);
      running.delete(schedule.name);
      if (isDispatching) wake();
      else if (isInitialized()) arm();
    };
    // An error of the storage. The schedule is still due, and must not start again at once.
    const onStorageError = (error: unknown): Promise<void> => {
      report(error);
      return scheduler.wait(HEARTBEAT_MS);
    };
    void attempt(schedule).catch(onStorageError).finally(onEnd);
  }

  function report(error: unknown): void {
    options.onError({
      error: error instanceof Error ? error : new Error(String(error)),
      requestId: crypto.randomUUID(),
      path: "(alarm) schedules",
      type: undefined,
      reason: "ALARM_FAILED",
    });
  }

  /** Runs a mutation once, and stores how it ended. */
  async function attempt(schedule: StoredSchedule): Promise<void> {
    const { path, input } = schedule;
    let failure: Failure | undefined;
    let kind: Failure["kind"] = "temporary";
    try {
      const isRepeatable = await options.isRepeatable(path);
      const idempotencyKey = keyOf(schedule, isRepeatable);
      // After the time limit, the mutation may still be running.
      kind = isRepeatable ? "temporary" : "final";
      const reply = await within(TIMEOUT_MS, options.run({ path, input, idempotencyKey }));
      failure = failureOf(reply, () => options.wasCommitted(idempotencyKey));
    } catch (error) {
      failure = { message: error instanceof Error ? error.message : String(error), kind };
    }
    // The error of a mutation that was refused because the account was suspended meanwhile does not count.
    if (isInitialized() && (!failure || !isPaused())) end(schedule, failure);
  }

  function end(started: StoredSchedule, failure: Failure | undefined): void {
    transaction(() => {
      const schedule = store.find(started.name);
      // Replaced or cancelled in the meantime.
      if (!schedule || schedule.version !== started.version) return;
      const now = Date.now();
      if (!failure) return advance(schedule, now);
      const { name, attempts } = schedule;
      if (failure.kind === "refused") return store.postpone(name, now + REFUSED_PAUSE_MS, attempts);
      if (failure.kind === "interrupted") return store.postpone(name, now + HEARTBEAT_MS, attempts);
      if (failure.kind === "temporary" && attempts + 1 < maxAttempts)
        return store.postpone(name, now + pauseAfter(attempts), attempts + 1);
      options.giveUp(schedule, failure.message, now);
      advance(schedule, now);
    });
  }

  /** Starts runs until nothing is due that can start, or the time is over. */
  async function dispatch(): Promise<void> {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      wake();
    }, BUDGET_MS);
    const slice = createSlice();
    try {
      while (!isOver && canRun() && !options.isStopped()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const count = free();
        const due = count > 0 ? store.due(Date.now(), count + running.size) : [];
        const ready = due.filter(({ name }) => !running.has(name)).slice(0, count);
        for (const schedule of ready) start(schedule);
        // Slow runs go on without the alarm.
        if (countFast() === 0) return;
        await promise;
        slice.spend(ready.length + 1);
        if (slice.isOver()) await slice.next();
      }
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    name: "schedules",

    due() {
      if (!canRun()) return undefined;
      const next = store.next(running.size + 1).find(({ name }) => !running.has(name))?.runAt;
      if (running.size === 0) return next;
      // While as many run as can, the end of one sets the alarm.
      const heartbeat = Date.now() + HEARTBEAT_MS;
      return next === undefined || free() <= 0 ? heartbeat : Math.min(next, heartbeat);
    },

    async run() {
      isDispatching = true;
      try {
        await dispatch();
      } finally {
        isDispatching = false;
      }
    },
  };
}

/** Returns why a run failed; `undefined` if it took effect, now or in an earlier attempt that was interrupted. */
function failureOf(reply: Reply, wasCommitted: () => boolean): Failure | undefined {
  if (reply.ok) return undefined;
  const reason = errorReason(reply.error);
  if (reason === "RESULT_NOT_KEPT") return undefined;
  if (reason === "UPGRADE_FAILED") return { message: reply.error.message, kind: "refused" };
  if (reason === "OBJECT_RESTORING") return { message: reply.error.message, kind: "interrupted" };
  if (reason !== "OUTCOME_UNKNOWN") return { message: reply.error.message, kind: "temporary" };
  return wasCommitted() ? undefined : { message: interrupted, kind: "final" };
}

const interrupted =
  "The run was interrupted, and may have had effects. Read the data, then retry it if it has to run again. Interrupted runs of " +
  "mutations with a synchronous resolver, or with t.repeatable, are repeated automatically.";

/** Returns the key of an attempt. Errors of a mutation that must not repeat are stored, so each of its attempts has its own key. */
function keyOf({ name, dueAt, path, input, retries, attempts }: StoredSchedule, isRepeatable: boolean): string {
  const run = [name, dueAt, path, input, retries, isRepeatable ? 0 : attempts];
  return `schedule-${hash("sha256", JSON.stringify(run), "base64url")}`;
}

function pauseAfter(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** attempts, MAX_RETRY_MS);
}
