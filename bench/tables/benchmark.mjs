// Measures tables inside the object: one event does each piece of work many times, and the benchmark measures its total time.
import assert from "node:assert/strict";
import { startApp } from "../app/start-app.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const app = await startApp(stage, { worker: new URL("app.ts", import.meta.url) });
  const ours = runnerOf(app.server, `?userId=${app.userId}`);
  const bare = runnerOf(
    await stage.start({
      name: "hand-written SQL",
      worker: new URL("bare.ts", import.meta.url),
      objects: { BARE_DO: "BareDO" },
    }),
  );
  const drizzle = runnerOf(
    await stage.start({
      name: "Drizzle",
      worker: new URL("drizzle.ts", import.meta.url),
      objects: { DRIZZLE_DO: "DrizzleDO" },
    }),
  );

  const rows = stage.size(100_000, 1_000);
  const many = stage.size(10_000, 50);
  const workOf = (title, work, { calls, most, batch = 1 }) => ({
    title,
    measure: "time",
    calls,
    // V8 still optimizes the code of a single call after 1,000 of them.
    warmup: batch === 1 ? stage.size(20_000, 5) : calls,
    contenders: [
      asContender(bare, work, batch),
      { ...asContender(ours, work, batch), figures: { time: most, cpu: most } },
      asContender(drizzle, work, batch),
    ],
  });
  return [
    workOf("create", "create", { calls: stage.size(1_000, 5), most: 1.2 }),
    workOf("findById", "findById", { calls: stage.size(3_000, 5), most: 1 }),
    workOf(`createMany of ${many} rows, in one transaction`, "createMany", { calls: 1, batch: many, most: 1.4 }),
    {
      title: `where by an index, among ${rows} rows, against a scan of them`,
      measure: "rate",
      calls: stage.size(20, 1),
      contenders: [asSearch(ours, "scan", rows), { ...asSearch(ours, "indexed", rows), figures: { rate: 50 } }],
    },
  ];
}

function runnerOf(server, query = "") {
  return {
    server,
    async run(work, calls, id) {
      const url = `http://127.0.0.1:${server.port}/run${query}`;
      const response = await fetch(url, { method: "POST", body: JSON.stringify({ work, calls, id }) });
      assert.equal(response.status, 200, await response.clone().text());
      return response.json();
    },
  };
}

/** @returns {import("../runner/run-benchmark.mjs").Contender} */
function asContender({ server, run }, work, batch) {
  let id;
  const reset = async () => {
    await run("clear", 0);
    if (work === "findById") id = await run("fill", 100);
  };
  return {
    name: server.name,
    server,
    reset,
    async check() {
      await reset();
      checkPost(await run(work, batch, id), work === "findById" ? 50 : batch - 1);
    },
    work: async (calls) => void (await run(work, calls * batch, id)),
  };
}

/** Finds one post among many. */
function asSearch({ server, run }, work, rows) {
  return {
    name: work,
    server,
    async check() {
      assert.equal(await run("seed", rows), rows);
      const posts = await run(work, 1);
      assert.equal(posts.length, 1);
      checkPost(posts[0], 77);
    },
    work: async (calls) => void (await run(work, calls)),
  };
}

function checkPost({ id, createdAt, updatedAt, ...values }, number) {
  const body = "About as long as the short notes that a user writes down.";
  assert.deepEqual(values, { slug: `post-${number}`, title: `Post ${number}`, body, done: number % 2 === 0 });
  assert.equal(id.length, 36);
  assert.ok(Date.parse(createdAt) > 0 && Date.parse(updatedAt) > 0);
}
