// A write to an object that sleeps, with and without live queries that it does not concern.
import assert from "node:assert/strict";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";
import { startApp } from "../app/start-app.mjs";
import { watchUnrelated } from "./live-queries.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const contenders = [];
  for (const queries of [0, stage.size(1_000, 20)]) {
    const app = await startApp(stage);
    const open = async (headers) => {
      const connection = await openSocketConnection(app.server.port, "/trpc", headers);
      stage.onStop(connection.close);
      return connection;
    };
    const reader = await app.signIn();
    await watchUnrelated(() => open(reader), queries);
    contenders.push(asContender(app, await open(app.headers), queries));
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
function asContender({ server, sleep }, connection, queries) {
  const params = { path: "posts.create", input: { json: { title: "Post", body: "" } } };
  const frame = frameBytes(JSON.stringify({ id: 1, method: "mutation", params }));
  const written = () =>
    new Promise((resolve) => {
      connection.onFrame((payload) => resolve(JSON.parse(String(payload))));
      connection.send(frame);
    });
  return {
    name: `${queries} live queries`,
    server,
    async check() {
      assert.equal((await written()).result?.data.json.title, "Post");
    },
    async work(calls) {
      const times = [];
      for (let call = 0; call < calls; call++) {
        await sleep();
        const started = performance.now();
        await written();
        times.push(performance.now() - started);
      }
      return times;
    },
  };
}
