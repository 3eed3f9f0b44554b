import type { Observer } from "../signals/observer.js";
import type { OnError } from "../../router/error-report.js";

/** A task that an object runs at certain times. */
export interface AlarmTask {
  readonly name: string;
  /** When the task is due next, read from its table, in milliseconds since the epoch; `undefined` if never. */
  readonly due: () => number | undefined;
  /** Does the work that is due. An error is reported, and the task retried later. */
  readonly run: (now: number) => void | Promise<void>;
}

/** Shares the alarm of an object, of which the platform has only one, between tasks. */
export interface Alarms {
  register(task: AlarmTask): void;
  /**
   * Calls back before the tasks are first used, so that services which are created on first use can register theirs. An object
   * that wakes for a call that only reads does not use its alarm.
   */
  beforeUse(callback: () => void): void;
  /**
   * Sets the alarm to the time of the first task that is due. Call it in the transaction that makes something due, so that
   * both are committed together.
   */
  arm(): void;
  /** Sets the alarm after a start if it is missing and a task is due. */
  restore(): void;
  /** Stops all tasks until the next start. An alarm that fires is set again, so that a later version receives it. */
  suspend(): void;
  /** Stops all tasks until a time, in milliseconds since the epoch. `0` continues. */
  pause(until: number): void;
  /** Whether a task that runs must not start more work, because the tasks are stopped. */
  isStopped(): boolean;
  onAlarm(info?: AlarmInvocationInfo): Promise<void>;
}

export interface AlarmsOptions {
  readonly storage: Pick<DurableObjectStorage, "getAlarm" | "setAlarm" | "deleteAlarm">;
  readonly onError: OnError;
  /**
   * Reports the tasks that ran.
   * @default nothing
   */
  readonly observer?: Observer | undefined;
}

/** The platform gives up on an alarm after six failed tries, so the last try sets a new alarm. */
const MAX_RETRIES = 5;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 15 * 60_000;

export function createAlarms({ storage, onError, observer }: AlarmsOptions): Alarms {
  const registered: AlarmTask[] = [];
  let callbacks: readonly (() => void)[] = [];
  /** Tasks that failed, and when they are retried. Kept in memory: after a start they are retried immediately. */
  const pauses = new Map<string, { readonly until: number; readonly failures: number }>();
  let isArmed = false;
  let isSuspended = false;
  let pausedUntil = 0;

  const report = (name: string, error: unknown): void =>
    onError({
      error: error instanceof Error ? error : new Error(String(error)),
      requestId: crypto.randomUUID(),
      path: `(alarm) ${name}`,
      type: undefined,
      reason: "ALARM_FAILED",
    });

  function dueOf(task: AlarmTask): number | undefined {
    const due = task.due();
    return due === undefined ? undefined : Math.max(due, pauses.get(task.name)?.until ?? 0);
  }

  function tasks(): readonly AlarmTask[] {
    const waiting = callbacks;
    callbacks = [];
    for (const callback of waiting) callback();
    return registered;
  }

  function earliest(): number | undefined {
    const times = tasks().flatMap((task) => dueOf(task) ?? []);
    // The platform rejects times before 1970.
    return times.length === 0 ? undefined : Math.max(Math.min(...times), 1);
  }

  function arm(): void {
    if (isSuspended) return;
    const at = earliest();
    if (at !== undefined) void storage.setAlarm(at);
    else if (isArmed) void storage.deleteAlarm();
    isArmed = at !== undefined;
  }

  async function run(task: AlarmTask): Promise<void> {
    const work = (): void | Promise<void> => task.run(Date.now());
    try {
      await (observer ? observer.observe({ path: `(alarm) ${task.name}`, type: "alarm" }, work) : work());
      pauses.delete(task.name);
    } catch (error) {
      const failures = (pauses.get(task.name)?.failures ?? 0) + 1;
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), MAX_PAUSE_MS);
      pauses.set(task.name, { failures, until: Date.now() + pause });
      report(task.name, error);
    }
  }

  return {
    register: (task) => void registered.push(task),
    beforeUse: (callback) => void (callbacks = [...callbacks, callback]),
    arm,

    suspend: () => void (isSuspended = true),

    pause(until) {
      pausedUntil = until;
      if (until === 0) arm();
    },

    isStopped: () => isSuspended || pausedUntil > Date.now(),

    restore() {
      // An alarm is set in the transaction that makes something due, so an existing alarm is right. The tables are read only
      // if there is none, which keeps the start fast: most initialized objects have one.
      storage
        .getAlarm()
        .then((at) => {
          if (at === null) arm();
          else isArmed = true;
        })
        .catch((error: unknown) => report("start", error));
    },

    async onAlarm(info) {
      if (isSuspended) return storage.setAlarm(Date.now() + MAX_PAUSE_MS);
      if (pausedUntil > Date.now()) return storage.setAlarm(pausedUntil);
      try {
        const now = Date.now();
        const due = tasks()
          .map((task) => ({ task, at: dueOf(task) ?? Infinity }))
          .filter(({ at }) => at <= now)
          .toSorted((one, other) => one.at - other.at);
        for (const { task } of due) await run(task);
        arm();
      } catch (error) {
        report("all", error);
        if ((info?.retryCount ?? 0) < MAX_RETRIES) throw error;
        await storage.setAlarm(Date.now() + MAX_PAUSE_MS);
      }
    },
  };
}
