// Measures ten thousand schedules in one object: setting them, and running them when all are due at once.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { startApp } from "../app/start-app.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const schedules = stage.size(10_000, 50);
  const { server, mutate, query } = await startApp(stage, { worker: new URL("worker.ts", import.meta.url) });

  async function measure(name, act) {
    const cpu = server.cpuTime();
    const started = performance.now();
    await act();
    return [
      name,
      `${((performance.now() - started) / schedules).toFixed(2)} ms`,
      `${((server.cpuTime() - cpu) / 1e6 / schedules).toFixed(2)} ms`,
    ];
  }

  async function plan(seconds) {
    const step = 1_000;
    for (let from = 0; from < schedules; from += step)
      await mutate("plan", { from, to: Math.min(from + step, schedules), seconds });
  }

  return [
    {
      title: `${schedules.toLocaleString("en")} schedules in one object`,
      head: ["", "time for each", "CPU for each"],
      rows: async () => [
        await measure("set, 1,000 in a mutation", () => plan(86_400)),
        await measure("run, all due at once", async () => {
          await plan(0);
          while ((await query("countRuns")) < schedules) await delay(100);
          assert.equal(await query("countRuns"), schedules);
        }),
      ],
    },
  ];
}
