import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { createFigures, type Figures } from "./figures.js";
import { Violation } from "./history.js";
import { makeSchedule, type Schedule, type Step } from "./schedule.js";
import { createWorld } from "./world.js";

interface Order {
  /** The first seed. */
  readonly from?: number;
  readonly count?: number;
  /** @default true */
  readonly shrink?: boolean;
}

const { from = 1, count = 100, shrink = true } = JSON.parse(env.CHAOS) as Order;

/** Runs a schedule; says what promise it found broken, and at which step. */
async function run(
  schedule: Schedule,
  figures: Figures,
  tried: "first" | "again" = "first",
): Promise<{ reason: string; at: number } | undefined> {
  let at = 0;
  try {
    const world = await createWorld(schedule, figures, tried);
    for (const [index, step] of schedule.steps.entries()) {
      at = index;
      await world.step(step, index);
    }
    at = schedule.steps.length;
    await world.end();
    return undefined;
  } catch (error) {
    return { reason: error instanceof Violation ? error.message : String((error as Error).stack ?? error), at };
  }
}

/** Leaves out steps as long as what is left still fails. */
async function shrunk(schedule: Schedule, at: number): Promise<Schedule> {
  let steps: readonly Step[] = schedule.steps.slice(0, at + 1);
  let tries = 80;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < steps.length && tries > 0; tries--) {
      const fewer = steps.toSpliced(start, size);
      if (await run({ ...schedule, steps: fewer }, createFigures(), "again")) steps = fewer;
      else start += size;
    }
  }
  return { ...schedule, steps };
}

it(`P1 P2 P6 P7: ${count} schedules from seed ${from}`, async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const figures = createFigures();
  const failures: string[] = [];
  for (let seed = from; seed < from + count && failures.length < 5; seed++) {
    const schedule = makeSchedule(seed);
    const failure = await run(schedule, figures);
    figures.schedules++;
    if (!failure) continue;
    const { steps } = shrink ? await shrunk(schedule, failure.at) : schedule;
    const again = await run({ ...schedule, steps }, createFigures(), "again");
    const trace = steps.map((step) => `  ${JSON.stringify(step)}`).join("\n");
    failures.push(
      `seed ${seed} (${schedule.window}), step ${failure.at}: ${failure.reason}\n${trace}\n  → ${again?.reason}`,
    );
  }
  console.log(`chaos ${JSON.stringify(figures)}`);
  for (const failure of failures) console.log(`chaos failed: ${failure}`);
  expect(failures).toEqual([]);
});
