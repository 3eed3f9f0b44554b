import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { createFigures } from "./figures.js";
import { runSchedule } from "./run-schedule.js";
import { makeSchedule, type Schedule, type Step } from "./schedule.js";

interface Order {
  /** The first seed. */
  readonly from?: number;
  readonly count?: number;
  /** @default true */
  readonly shrink?: boolean;
}

const { from = 1, count = 100, shrink = true } = JSON.parse(env.CHAOS) as Order;

/** Removes steps as long as the shorter schedule still fails. */
async function shrunk(schedule: Schedule, at: number): Promise<Schedule> {
  let steps: readonly Step[] = schedule.steps.slice(0, at + 1);
  let tries = 80;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < steps.length && tries > 0; tries--) {
      const fewer = steps.toSpliced(start, size);
      if (await runSchedule({ ...schedule, steps: fewer }, createFigures(), "again")) steps = fewer;
      else start += size;
    }
  }
  return { ...schedule, steps };
}

it(`delivers every change to its subscribers in ${count} schedules from seed ${from}`, async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const figures = createFigures();
  const failures: string[] = [];
  for (let seed = from; seed < from + count && failures.length < 5; seed++) {
    const schedule = makeSchedule(seed);
    const failure = await runSchedule(schedule, figures);
    figures.schedules++;
    if (!failure) continue;
    const { steps } = shrink ? await shrunk(schedule, failure.at) : schedule;
    const again = await runSchedule({ ...schedule, steps }, createFigures(), "again");
    const trace = steps.map((step) => `  ${JSON.stringify(step)}`).join("\n");
    failures.push(
      `seed ${seed} (${schedule.window}), step ${failure.at}: ${failure.reason}\n${trace}\n  → ${again?.reason}`,
    );
  }
  console.log(`chaos ${JSON.stringify(figures)}`);
  for (const failure of failures) console.log(`chaos failed: ${failure}`);
  expect(failures).toEqual([]);
});
