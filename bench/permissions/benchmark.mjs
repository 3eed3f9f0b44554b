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
    calls: stage.size(400, 5),
    // V8 still optimizes code after 10,000 calls.
    warmup: stage.size(12_000, 5),
    contenders,
  });
  const each = async (create) => {
    const contenders = [];
    for (const name of names) contenders.push(await create(name));
    return contenders;
  };
  return [
    workOf("A query of a user over a socket", await each((name) => asSocketContender(stage, name))),
    workOf("A query of a user over HTTP", await each((name) => asHttpContender(stage, "user", name))),
    workOf("A query of the app over HTTP", await each((name) => asHttpContender(stage, "app", name))),
  ];
}

/**
 * Each contender has a server of its own, so that the CPU time of one is not that of the other.
 *
 * @returns {Promise<import("../runner/run-benchmark.mjs").Contender>}
 */
async function asHttpContender(stage, router, name) {
  const { server, headers } = await startApp(stage, { worker });
  const connection = createHttpConnection(server.port);
  stage.onStop(connection.close);
  const bytes = requestBytes("GET", `/trpc/${router}.${name}`, headers, "");
  return asContender({
    name,
    server,
    open: connection.open,
    send: async () => String((await connection.send(bytes)).body),
  });
}

/** @returns {Promise<import("../runner/run-benchmark.mjs").Contender>} */
async function asSocketContender(stage, name) {
  const { server, headers } = await startApp(stage, { worker });
  const connection = await openSocketConnection(server.port, "/trpc", headers);
  stage.onStop(connection.close);
  let id = 0;
  const send = () =>
    new Promise((resolve) => {
      connection.onFrame((payload) => resolve(String(payload)));
      const params = { path: `user.${name}` };
      connection.send(frameBytes(JSON.stringify({ id: ++id, method: "query", params })));
    });
  return asContender({ name, server, open: async () => {}, send });
}

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
