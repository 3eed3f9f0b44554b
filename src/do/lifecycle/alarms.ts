import type { OnError } from "../../router/error-report.js";

/** A part of an object that wants to be woken by the clock. */
export interface WakeUp {
  readonly name: string;
  /** When it next has something to do, read from its own table; `undefined` for nothing. */
  readonly due: () => number | undefined;
  /** Does what is due. Whatever it throws is reported, and tried again later. */
  readonly run: (now: number) => void | Promise<void>;
}

/** The one alarm of an object, shared by its parts. */
export interface Alarms {
  register(wakeUp: WakeUp): void;
  /**
   * Sets the alarm to whatever is due first. Call it in the transaction that made something due: both are then
   * committed, or neither.
   */
  arm(): void;
  /** After a start: where there is no alarm, the tables say whether there should be. */
  restore(): void;
  /** Runs nothing until the next start. An alarm that rings is set again, so that a later version finds one. */
  suspend(): void;
  onAlarm(info?: AlarmInvocationInfo): Promise<void>;
}

export interface AlarmsOptions {
  readonly storage: Pick<DurableObjectStorage, "getAlarm" | "setAlarm" | "deleteAlarm">;
  readonly onError: OnError;
}

/** The platform gives up on an alarm that throws after six tries, so the last of them sets a new one. */
const LAST_TRIES = 5;
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15 * 60_000;

export function createAlarms({ storage, onError }: AlarmsOptions): Alarms {
  const tasks: WakeUp[] = [];
  /** Parts that failed, and when they are tried again. In memory: after a start they may try at once. */
  const pauses = new Map<string, { readonly until: number; readonly failures: number }>();
  let armed = false;
  let isSuspended = false;

  const report = (name: string, error: unknown): void =>
    onError({
      error: error instanceof Error ? error : new Error(String(error)),
      requestId: crypto.randomUUID(),
      path: `(alarm) ${name}`,
      type: undefined,
    });

  function dueOf(task: WakeUp): number | undefined {
    const due = task.due();
    return due === undefined ? undefined : Math.max(due, pauses.get(task.name)?.until ?? 0);
  }

  function earliest(): number | undefined {
    const times = tasks.flatMap((task) => dueOf(task) ?? []);
    // The platform takes no time before 1970.
    return times.length === 0 ? undefined : Math.max(Math.min(...times), 1);
  }

  function arm(): void {
    if (isSuspended) return;
    const at = earliest();
    if (at !== undefined) void storage.setAlarm(at);
    else if (armed) void storage.deleteAlarm();
    armed = at !== undefined;
  }

  async function run(task: WakeUp): Promise<void> {
    try {
      await task.run(Date.now());
      pauses.delete(task.name);
    } catch (error) {
      const failures = (pauses.get(task.name)?.failures ?? 0) + 1;
      const pause = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);
      pauses.set(task.name, { failures, until: Date.now() + pause });
      report(task.name, error);
    }
  }

  return {
    register: (wakeUp) => void tasks.push(wakeUp),
    arm,

    suspend: () => void (isSuspended = true),

    restore() {
      // An alarm is set in the transaction that makes something due, so one that is there is right. To look only
      // where there is none keeps a wake cheap: most objects that hold anything have one.
      storage
        .getAlarm()
        .then((set) => {
          if (set === null) arm();
          else armed = true;
        })
        .catch((error: unknown) => report("start", error));
    },

    async onAlarm(info) {
      if (isSuspended) return storage.setAlarm(Date.now() + LONGEST_PAUSE);
      try {
        const now = Date.now();
        const due = tasks
          .map((task) => ({ task, at: dueOf(task) ?? Infinity }))
          .filter(({ at }) => at <= now)
          .toSorted((one, other) => one.at - other.at);
        for (const { task } of due) await run(task);
        arm();
      } catch (error) {
        report("all", error);
        if ((info?.retryCount ?? 0) < LAST_TRIES) throw error;
        await storage.setAlarm(Date.now() + LONGEST_PAUSE);
      }
    },
  };
}
