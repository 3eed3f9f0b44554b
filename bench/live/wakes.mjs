// Measures a write to a hibernated object, with and without live queries that the write does not affect.
import assert from "node:assert/strict";
import { timeEach } from "../runner/time-each.mjs";
import { startWatched } from "./start-watched.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const contenders = [];
  for (const queries of [0, stage.size(1_000, 20)]) {
    const figures = queries > 0 ? { p50: 1.3, cpu: 1.3 } : undefined;
    contenders.push({ ...asContender(await startWatched(stage, queries)), figures });
  }
  return [
    {
      title: "A write that wakes the object",
      measure: "p50",
      calls: stage.size(15, 2),
      warmup: stage.size(30, 1),
      contenders,
    },
  ];
}

/** @returns {import("../runner/run-benchmark.mjs").Contender} */
function asContender({ name, server, sleep, write }) {
  return {
    name,
    server,
    async check() {
      assert.equal((await write()).result?.data.json.title, "Post");
    },
    work: (calls) => timeEach(calls, write, sleep),
  };
}
