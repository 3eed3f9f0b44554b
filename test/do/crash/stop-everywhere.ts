import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, vi } from "vitest";
import {
  alarmsCalled,
  alarmsChanged,
  alarmsRunning,
  alarmsStopped,
  endPlan,
  objectsSeen,
  planStop,
  type Plan,
} from "../../fixtures/app/crash-points.js";

/** An operation of several steps, in one object or in several. */
export interface Saga<TWorld, TPeople = void> {
  /**
   * Creates what all tries share. A try must leave it unchanged.
   * @default nothing
   */
  once?(): Promise<TPeople>;
  /** Creates the state before the operation. */
  before(people: TPeople): Promise<TWorld>;
  /** The operation that is interrupted. */
  run(world: TWorld): Promise<unknown>;
  /** The user's next call after an error: the same again, or one that shows that it was done. */
  again(world: TWorld): Promise<unknown>;
  /**
   * Whether cleanup that runs more than an hour later is stopped too.
   * @default true
   */
  readonly cleanUp?: boolean;
  /**
   * Whether objects of the directory are stopped too.
   * @default false
   */
  readonly inDirectory?: boolean;
  /** Checks the final state, which must be reached whatever was interrupted. */
  after(world: TWorld, stored: readonly StoredObject[]): Promise<unknown>;
}

/** All values that an object stores. */
export interface StoredObject {
  readonly name: string;
  readonly tables: Readonly<Record<string, readonly Record<string, SqlStorageValue>[]>>;
  readonly keys: readonly string[];
  readonly alarm: number | null;
}

const MINUTE = 60_000;
/** After this time all pending work is due: a sign-up, a deletion notice, a message. */
const SOON = 2 * MINUTE;
/** After this time everything that is stored for an hour is due, too: a change of address, counts of mails. */
const LATER = 150 * MINUTE;
/** More than any operation has. */
const MOST_POINTS = 200;

/** The number of alarms that set further ones without the clock advancing. */
const MOST_ROUNDS = 30;

const objectOf = (name: string) => env.CRASH_DO.getByName(name);

type Question<TAnswer> = (storage: DurableObjectStorage) => Promise<TAnswer>;

/**
 * Reads an object's storage without starting the app's object in it. A call to an object that is being stopped is
 * stopped too, and is repeated.
 */
async function read<TAnswer>(name: string, question: Question<TAnswer>): Promise<TAnswer> {
  for (let tries = 1; ; tries++) {
    try {
      return await runInDurableObject(objectOf(name), (_instance, { storage }) => question(storage));
    } catch (error) {
      if (tries === 10 || !String(error).includes("stopped")) throw error;
    }
  }
}

/** Like `read`, for a question that may write. */
export async function ask<TAnswer>(name: string, question: Question<TAnswer>): Promise<TAnswer> {
  try {
    return await read(name, question);
  } finally {
    alarmsChanged.add(name);
  }
}

function look(name: string): Promise<StoredObject> {
  return read(name, async (storage) => {
    const names = storage.sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray()
      .map((row) => String(row["name"]));
    return {
      name,
      tables: Object.fromEntries(names.map((table) => [table, storage.sql.exec(`SELECT * FROM "${table}"`).toArray()])),
      keys: [...storage.kv.list()].map(([key]) => key),
      alarm: await storage.getAlarm(),
    };
  });
}

export const storedObjects = (): Promise<StoredObject[]> => Promise.all([...objectsSeen].map(look));

/** The alarms of objects as they were last read. Reading all of them in each round took most of the time of a try. */
const alarms = new Map<string, number | null>();

async function alarmOf(name: string): Promise<number> {
  if (alarmsChanged.delete(name) || !alarms.has(name)) {
    alarms.set(name, await read(name, (storage) => storage.getAlarm()));
  }
  return alarms.get(name) ?? Infinity;
}

/** Runs the due alarms as the platform does: only in objects that have one, and again if the object is stopped. */
export async function runAlarms(): Promise<void> {
  for (let rounds = 1; ; rounds++) {
    let ran = alarmsRunning.size > 0;
    // At once, although the platform would wait for some seconds.
    for (const name of alarmsStopped) await ask(name, (storage) => storage.setAlarm(Date.now()));
    alarmsStopped.clear();
    const names = [...objectsSeen];
    const times = await Promise.all(names.map(alarmOf));
    for (const name of names.filter((_each, index) => (times[index] ?? Infinity) <= Date.now())) {
      ran = true;
      alarmsCalled.add(name);
      await runDurableObjectAlarm(objectOf(name)).catch(() => {});
      alarmsCalled.delete(name);
      alarmsChanged.add(name);
    }
    if (!ran) return;
    if (rounds > MOST_ROUNDS)
      throw new Error(`Alarms without an end: ${JSON.stringify([...alarmsRunning, await storedObjects()])}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The clock only advances from one try to the next, so that their shared state does not move back in time. */
let now = 0;

async function advanceTo(time: number): Promise<void> {
  vi.setSystemTime((now = time));
  await runAlarms();
}

/** Runs one try, stopped at one step. Returns the step, if the try got that far. */
async function stopAt<TWorld, TPeople>(
  saga: Saga<TWorld, TPeople>,
  people: TPeople,
  plan: Plan,
): Promise<string | undefined> {
  const world = await saga.before(people);
  await runAlarms();
  planStop(plan);
  const failed = await saga.run(world).then(
    () => false,
    () => true,
  );
  // Alarms of the operation may be stopped as well. The user may call again before they have run.
  if (!failed || plan.loss === "lost") await runAlarms();
  if (failed) await saga.again(world);
  const start = now;
  await advanceTo(start + SOON);
  let stopped = saga.cleanUp === false ? endPlan() : undefined;
  await advanceTo(start + LATER);
  stopped ??= endPlan();
  await saga.after(world, await storedObjects());
  return stopped;
}

/** Interrupts an operation at each of its steps in turn, until it completes. Returns the steps. */
export async function stopEverywhere<TWorld, TPeople = void>(saga: Saga<TWorld, TPeople>): Promise<string[]> {
  const done = new Set<string>();
  objectsSeen.clear();
  alarms.clear();
  now = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now });
  try {
    const people = (await saga.once?.()) as TPeople;
    await runAlarms();
    const common = [...objectsSeen];
    for (const loss of ["lost", "kept"] as const) {
      for (let tries = 1; ; tries++) {
        expect(tries).toBeLessThan(MOST_POINTS);
        objectsSeen.clear();
        for (const name of common) objectsSeen.add(name);
        const stopped = await stopAt(saga, people, { done, loss, inDirectory: saga.inDirectory }).catch(
          (cause: unknown) => {
            throw new Error(`Stopped at ${endPlan() ?? "no step"}: ${String(cause)}`, {
              cause,
            });
          },
        );
        if (stopped === undefined) break;
      }
    }
  } finally {
    endPlan();
    vi.useRealTimers();
  }
  return [...done];
}

/** Expects that stops happened, in each of these kinds of objects. */
export function expectStops(stops: readonly string[], ...kinds: string[]): void {
  expect(stops.map((stop) => stop.split(" ", 1).join())).toEqual(expect.arrayContaining(kinds));
}
