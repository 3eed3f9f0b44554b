// A write, while an object keeps queries live that it does not concern: of the same table, for other rows.
import assert from "node:assert/strict";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";
import { startApp } from "../app/start-app.mjs";
import { watchUnrelated } from "./live-queries.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const contenders = [];
  for (const queries of stage.size([0, 10, 1_000, 10_000], [0, 10])) {
    // A server of its own: the queries are kept where they are.
    const app = await startApp(stage);
    const open = async (headers) => {
      const connection = await openSocketConnection(app.server.port, "/trpc", headers);
      stage.onStop(connection.close);
      return connection;
    };
    // Another session than the writer's, which would be told that its write is shown.
    const reader = await app.signIn();
    await watchUnrelated(() => open(reader), queries);
    contenders.push(asContender(app.server, await open(app.headers), queries));
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
function asContender(server, connection, queries) {
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
    ...(queries > 0 && { figures: { p50: 1.2, cpu: 1.2 } }),
    async check() {
      assert.equal((await written()).result?.data.json.title, "Post");
    },
    async work(calls) {
      const times = [];
      for (let call = 0; call < calls; call++) {
        const started = performance.now();
        await written();
        times.push(performance.now() - started);
      }
      return times;
    },
  };
}
