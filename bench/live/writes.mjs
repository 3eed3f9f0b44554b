// Measures a write to an object with live queries that it does not affect, because they read other rows of the table.
import assert from "node:assert/strict";
import { timeEach } from "../runner/time-each.mjs";
import { startWatched } from "./start-watched.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const contenders = [];
  for (const queries of stage.size([0, 10, 1_000, 10_000], [0, 10])) {
    const figures = queries > 0 ? { p50: 1.1, cpu: 1.1 } : undefined;
    contenders.push(asContender(await startWatched(stage, queries), figures));
  }
  return [
    {
      title: "A write that concerns no live query",
      measure: "p50",
      calls: stage.size(100, 3),
      warmup: stage.size(1_000, 1),
      contenders,
    },
  ];
}

/** @returns {import("../runner/run-benchmark.mjs").Contender} */
function asContender({ name, server, write }, figures) {
  return {
    name,
    server,
    ...(figures && { figures }),
    async check() {
      assert.equal((await write()).result?.data.json.title, "Post");
    },
    work: (calls) => timeEach(calls, write),
  };
}
