import { expect, it } from "vitest";
import { createRunScheduler } from "../../../src/do/live/run-scheduler.js";

const run = {};

/** Runs a query once, with some work in the middle of it. Returns how often it ran. */
async function countRuns(during: (scheduler: ReturnType<typeof createRunScheduler>) => void): Promise<number> {
  let runs = 0;
  const rounds: Promise<void>[] = [];
  const scheduler = createRunScheduler<object>({
    prepare: () => {},
    membersOf: () => ["ada"],
    async work() {
      if (++runs === 1) during(scheduler);
      await Promise.resolve();
    },
    onRunEnd: () => {},
    onYield: () => {},
    onRoundEnd: () => {},
    waitUntil: (round) => void rounds.push(round),
  });
  scheduler.add(run);
  for (let round = rounds.shift(); round; round = rounds.shift()) await round;
  return runs;
}

it("runs a query again whose socket became ready during the run and missed the result", async () => {
  expect(await countRuns((scheduler) => expect(scheduler.repeatIf(run, () => true)).toBe(true))).toBe(2);
});

it("does not run a query again whose socket received the result of the run", async () => {
  expect(await countRuns((scheduler) => void scheduler.repeatIf(run, () => false))).toBe(1);
});

it("does not repeat a query that is not running", async () => {
  expect(await countRuns((scheduler) => expect(scheduler.repeatIf({}, () => true)).toBe(false))).toBe(1);
});

it("does not treat the result of a repeated query as outdated", async () => {
  const outdated = await countRuns((scheduler) => {
    scheduler.repeatIf(run, () => true);
    expect(scheduler.isOutdated(run)).toBe(false);
  });
  expect(outdated).toBe(2);
});
