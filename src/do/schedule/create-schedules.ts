import type { AnyTRPCRouter } from "@trpc/server";
import type { OnError } from "../../router/error-report.js";
import { isRepeatable } from "../../router/repeatable.js";
import { resolveProcedure } from "../../router/resolve-procedure.js";
import type { ScheduleService } from "../../router/schedule/schedule-service.js";
import type { Call, Reply } from "../../shared/call.js";
import type { ObjectAddress, Owner } from "../../shared/owner.js";
import { randomId } from "../../shared/random-id.js";
import type { ListedSchedule, NewSchedule } from "../../shared/schedule.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { DeadLetter, OutboxStore } from "../messaging/outbox-store.js";
import { currentRecorder } from "../tables/reads/read-recorder.js";
import { decodeJson } from "../tables/codec/json-codec.js";
import { checkCall } from "./check-call.js";
import { cronInvalid, nextRun } from "./next-run.js";
import {
  checkLimit,
  checkName,
  encodeInput,
  notLive,
  formatCursor,
  parseCursor,
  timeOf,
  tooManySchedules,
} from "./schedule-inputs.js";
import type { SchedulesOptions } from "./schedule-options.js";
import { createScheduleRunner, type DueCall } from "./schedule-runner.js";
import { createScheduleStore, type StoredSchedule } from "./schedule-store.js";

export interface SchedulesDeps {
  /** Refuses writes of live queries. */
  readonly sql: SqlStorage;
  readonly router: AnyTRPCRouter;
  readonly address: ObjectAddress;
  readonly isInitialized: () => boolean;
  /** Whether no schedule runs for now, because the account is suspended or being deleted. */
  readonly isPaused: () => boolean;
  readonly transaction: (work: () => void) => void;
  readonly alarms: Pick<Alarms, "arm" | "register" | "isStopped">;
  readonly limits: Required<SchedulesOptions>;
  /** Whether all effects of a mutation of the system are stored, although its result is not known. */
  readonly wasCommitted: (idempotencyKey: string) => boolean;
  /** Stores the dead letters of the object, with those of its messages. */
  readonly deadLetters: Pick<OutboxStore, "addDeadLetter" | "deadLetters" | "takeDeadLetter">;
  /** Runs a mutation as the system. Never rejects. */
  readonly run: (call: Call) => Promise<Reply>;
  readonly onError: OnError;
}

/** The target of the dead letters of schedules. No object has this name. */
export const SCHEDULE_TARGET = "schedule";

/** A run that was given up, as its dead letter stores it. */
type GivenUp = Pick<StoredSchedule, "name" | "path" | "input" | "dueAt" | "retries" | "cancellable">;

/** The schedules of an object. */
export interface Schedules extends ScheduleService {
  /** Schedules a run again that was given up, for now. Call it in a transaction. @param payload that of its dead letter */
  restore(payload: unknown): void;
  /** Deletes all schedules. Call it in the transaction that deletes the owner. */
  deleteAll(): void;
}

/** Creates the schedules of an object, which share its alarm with other tasks. */
export function createSchedules(deps: SchedulesDeps): Schedules {
  const { sql, router, address, isInitialized, isPaused, transaction, alarms, limits, onError } = deps;
  const store = createScheduleStore(sql);
  const owner = address.type as Owner["type"];

  function toCall({ path, input, idempotencyKey }: DueCall): Call {
    const decoded = decodeInput(input);
    const ownInput = owner === "organization" ? { ...(decoded as object), organizationId: address.id } : decoded;
    return { path, type: "mutation", input: ownInput, idempotencyKey };
  }

  function advance(schedule: StoredSchedule, now: number): void {
    // After the due time too, because the clock may have been set back since.
    const next = schedule.recurrence && nextRun(schedule.recurrence, Math.max(now, schedule.dueAt));
    if (next === undefined) store.delete(schedule.name);
    else store.advance(schedule.name, next);
  }

  function giveUp(schedule: StoredSchedule, error: string): void {
    const { name, path, input, dueAt, retries, cancellable, attempts } = schedule;
    const payload: GivenUp = { name, path, input, dueAt, retries, cancellable };
    const message = { target: SCHEDULE_TARGET, kind: `schedule ${path}`, payload };
    deps.deadLetters.addDeadLetter(
      message,
      { createdAt: dueAt, attempts: attempts + 1, error: firstLineOf(error) },
      Date.now(),
    );
    // The name and the input may be personal.
    onError({
      error: new Error(
        `A scheduled run of "${path}" was given up as a dead letter after ${attempts + 1} attempts: ${error}`,
      ),
      requestId: crypto.randomUUID(),
      path,
      type: "mutation",
      reason: "DEAD_LETTER",
    });
  }

  alarms.register(
    createScheduleRunner({
      store,
      isInitialized,
      isPaused,
      isStopped: alarms.isStopped,
      transaction,
      arm: alarms.arm,
      async isRepeatable(path) {
        const procedure = await resolveProcedure(router, path);
        return procedure !== undefined && isRepeatable(procedure);
      },
      run: (call) => deps.run(toCall(call)),
      wasCommitted: deps.wasCommitted,
      advance,
      giveUp,
      maxAttempts: limits.attempts,
      onError,
    }),
  );

  function put(schedule: StoredSchedule): void {
    const isNew = store.find(schedule.name) === undefined;
    if (isNew && store.hasReached(limits.maxCount)) throw tooManySchedules(limits.maxCount);
    store.put(schedule);
    alarms.arm();
  }

  /** Whether a schedule is set again without a change. It keeps its next run, which may be overdue. */
  function isUnchanged(stored: StoredSchedule | undefined, set: StoredSchedule): boolean {
    if (!stored || stored.path !== set.path || stored.input !== set.input) return false;
    if (stored.cancellable !== set.cancellable) return false;
    const [one, other] = [stored.recurrence, set.recurrence];
    return one && other
      ? one.cron === other.cron && one.timeZone === other.timeZone
      : !one && !other && stored.dueAt === set.dueAt;
  }

  function restore(payload: unknown): void {
    const { name, ...givenUp } = payload as GivenUp;
    // A newer schedule with the name stays.
    const free = store.find(name) === undefined ? name : `${name.slice(0, 200)} (retry ${randomId()})`;
    const retries = givenUp.retries + 1;
    put({
      ...givenUp,
      name: free,
      version: randomId(),
      runAt: Date.now(),
      attempts: 0,
      retries,
      recurrence: undefined,
    });
  }

  return {
    set({ time, path, input, name, cancellable }: NewSchedule) {
      checkName(name);
      checkCall(router, owner, path, input);
      const recurrence = "cron" in time ? time : undefined;
      const dueAt = "cron" in time ? nextRun(time, Date.now()) : timeOf(time, Date.now());
      if (dueAt === undefined) throw cronInvalid();
      const schedule: StoredSchedule = {
        name,
        version: randomId(),
        dueAt,
        runAt: dueAt,
        attempts: 0,
        retries: 0,
        cancellable,
        recurrence,
        path,
        input: encodeInput(input),
      };
      if (!isUnchanged(store.find(name), schedule)) put(schedule);
    },

    find(name) {
      const found = store.find(name);
      return found && toListed(found);
    },

    cancel(name) {
      checkName(name);
      const existed = store.delete(name);
      if (existed) alarms.arm();
      return existed;
    },

    list({ cursor, limit } = {}) {
      // Their table is not in the change log, so a live query would keep its first result.
      if (currentRecorder()) throw notLive();
      const count = checkLimit(limit);
      const found = store.page(cursor === undefined || cursor === null ? undefined : parseCursor(cursor), count + 1);
      const items = found.slice(0, count);
      const last = found.length > count ? items.at(-1) : undefined;
      return { items: items.map(toListed), nextCursor: last ? formatCursor(last) : null };
    },

    restore,

    retry(id) {
      const isFound = ({ id: other, target }: DeadLetter): boolean => other === id && target === SCHEDULE_TARGET;
      const taken = deps.deadLetters.deadLetters().some(isFound) ? deps.deadLetters.takeDeadLetter(id) : undefined;
      if (taken) restore(taken.payload);
      return taken !== undefined;
    },

    deleteAll: store.deleteAll,
  };
}

/** The list of dead letters shows short errors. */
const firstLineOf = (error: string): string => error.split("\n", 1).join().slice(0, 200);

function decodeInput(input: string): unknown {
  return input === "" ? undefined : decodeJson(input);
}

function toListed({
  name,
  path,
  input,
  dueAt,
  runAt,
  attempts,
  recurrence,
  cancellable,
}: StoredSchedule): ListedSchedule {
  const times = { dueAt: new Date(dueAt), nextAttemptAt: new Date(runAt), attempts };
  return { name, path, input: decodeInput(input), ...times, ...recurrence, cancellable };
}
