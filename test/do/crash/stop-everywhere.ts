import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, vi } from "vitest";
import {
  alarmsRunning,
  alarmsStopped,
  endPlan,
  objectsSeen,
  planStop,
  type Loss,
} from "../../fixtures/app/crash-points.js";

/** Something that takes several steps, in one object or in several. */
export interface Saga<TWorld> {
  /** Makes what there is before. */
  before(): Promise<TWorld>;
  /** What is interrupted. */
  run(world: TWorld): Promise<unknown>;
  /** What its user does next, when they were told of a failure: the same again, or what shows that it was done. */
  again(world: TWorld): Promise<unknown>;
  /** How it is to be at the end, whatever happened. */
  after(world: TWorld, stored: readonly StoredObject[]): Promise<unknown>;
}

/** All that an object holds. */
export interface StoredObject {
  readonly name: string;
  readonly tables: Readonly<Record<string, readonly Record<string, SqlStorageValue>[]>>;
  readonly keys: readonly string[];
  readonly alarm: number | null;
}

const MINUTE = 60_000;
/** After these all that has to be looked after is due: a sign-up, a farewell; a change of address, a limit an hour long. */
const LATER = [2 * MINUTE, 150 * MINUTE];
/** More than any saga has. */
const MOST_POINTS = 200;

/** Of alarms that set further ones, without any time going by. */
const MOST_ROUNDS = 30;

const objectOf = (name: string) => env.CRASH_DO.getByName(name);

/**
 * Asks something of an object's storage without waking the app's object in it. Whoever asks an object that stops is
 * stopped too, and asks again.
 */
async function ask<TAnswer>(
  name: string,
  question: (storage: DurableObjectStorage) => Promise<TAnswer>,
): Promise<TAnswer> {
  for (let tries = 1; ; tries++) {
    try {
      return await runInDurableObject(objectOf(name), (_instance, { storage }) => question(storage));
    } catch (error) {
      if (tries === 10 || !String(error).includes("stopped")) throw error;
    }
  }
}

function look(name: string): Promise<StoredObject> {
  return ask(name, async (storage) => {
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

/** Runs the alarms that are due, as the platform does: only of objects that have one, and again if the object stops. */
export async function runAlarms(): Promise<void> {
  for (let rounds = 1; ; rounds++) {
    let ran = alarmsRunning.size > 0;
    // At once: the platform would wait for some seconds.
    for (const name of alarmsStopped) await ask(name, (storage) => storage.setAlarm(Date.now()));
    alarmsStopped.clear();
    for (const name of objectsSeen) {
      const alarm = await ask(name, (storage) => storage.getAlarm());
      if (alarm === null || alarm > Date.now()) continue;
      ran = true;
      await runDurableObjectAlarm(objectOf(name)).catch(() => {});
    }
    if (!ran) return;
    if (rounds > MOST_ROUNDS)
      throw new Error(`Alarms without an end: ${JSON.stringify([...alarmsRunning, await storedObjects()])}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function rest(): Promise<void> {
  await runAlarms();
  for (const later of LATER) {
    vi.setSystemTime(start + later);
    await runAlarms();
  }
}

let start = 0;

/** One try, stopped at one point. Answers where it was, if it came that far. */
async function stopAt<TWorld>(saga: Saga<TWorld>, at: number, loss: Loss): Promise<string | undefined> {
  objectsSeen.clear();
  start = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: start });
  try {
    const world = await saga.before();
    await runAlarms();
    planStop({ at, loss });
    const failed = await saga.run(world).then(
      () => false,
      () => true,
    );
    // What the operation left to alarms may be stopped as well.
    await runAlarms();
    if (failed) await saga.again(world);
    await rest();
    const stopped = endPlan();
    await saga.after(world, await storedObjects());
    return stopped;
  } finally {
    endPlan();
    vi.useRealTimers();
  }
}

/** Interrupts a saga at each of its steps in turn, until it comes through. Answers where it was stopped. */
export async function stopEverywhere<TWorld>(saga: Saga<TWorld>): Promise<string[]> {
  const points: string[] = [];
  for (const loss of ["lost", "kept"] as const) {
    for (let at = 1; ; at++) {
      expect(at).toBeLessThan(MOST_POINTS);
      const stopped = await stopAt(saga, at, loss).catch((cause: unknown) => {
        throw new Error(`Stopped at step ${at} (${loss}), ${endPlan() ?? "after the last"}: ${String(cause)}`, {
          cause,
        });
      });
      if (stopped === undefined) break;
      points.push(stopped);
    }
  }
  return points;
}
