// Measures a query that requires a permission in the app beside the same query that does not.
import assert from "node:assert/strict";
import { startApp } from "../app/start-app.mjs";
import { createHttpConnection, requestBytes } from "../runner/http-connection.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";

/** @type {import("../runner/run-benchmark.mjs").Figures} */
const figures = { p50: 1.05, cpu: 1.05 };

const worker = new URL("worker.ts", import.meta.url);
const names = ["unguarded", "guarded"];

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const workOf = (title, contenders) => ({
    title,
    measure: "p50",
    calls: stage.size(1_200, 5),
    // V8 still optimizes code after 10,000 calls.
    warmup: stage.size(12_000, 5),
    contenders,
  });
  const overHttp = (app, router) => {
    const connection = createHttpConnection(app.server.port);
    stage.onStop(connection.close);
    return names.map((name) => {
      const bytes = requestBytes("GET", `/trpc/${router}.${name}`, app.headers, "");
      const send = async () => String((await connection.send(bytes)).body);
      return asContender({ name, server: app.server, open: connection.open, send });
    });
  };
  const overSocket = async ({ server, headers }) => {
    const connection = await openSocketConnection(server.port, "/trpc", headers);
    stage.onStop(connection.close);
    let id = 0;
    return names.map((name) => {
      const params = { path: `user.${name}` };
      const send = () =>
        new Promise((resolve) => {
          connection.onFrame((payload) => resolve(String(payload)));
          connection.send(frameBytes(JSON.stringify({ id: ++id, method: "query", params })));
        });
      return asContender({ name, server, open: async () => {}, send });
    });
  };
  // Both contenders of a work share a server and a connection, in turns: two processes differ by more than what is measured.
  const start = () => startApp(stage, { worker });
  return [
    workOf("A query of a user over a socket", await overSocket(await start())),
    workOf("A query of a user over HTTP", overHttp(await start(), "user")),
    workOf("A query of the app over HTTP", overHttp(await start(), "app")),
  ];
}

/** @returns {import("../runner/run-benchmark.mjs").Contender} */
function asContender({ name, server, open, send }) {
  const isGuarded = name === "guarded";
  return {
    name: isGuarded ? "with t.appCan" : "without a permission",
    server,
    ...(isGuarded && { figures }),
    async check() {
      await open();
      assert.match(await send(), /"json":0/);
    },
    async work(calls) {
      await open();
      const times = [];
      for (let call = 0; call < calls; call++) {
        const started = performance.now();
        await send();
        times.push(performance.now() - started);
      }
      return times;
    },
  };
}
