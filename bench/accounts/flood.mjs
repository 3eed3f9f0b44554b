// Measures how a flood of sign-ins affects another user's calls in the worst case: all objects in one process and thread.
import assert from "node:assert/strict";
import { samePage, startApp } from "../app/start-app.mjs";
import { createHttpConnection, requestBytes } from "../runner/http-connection.mjs";

/** The number of connections that try passwords without a pause. */
const FLOODERS = 4;

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const app = await startApp(stage);
  const { server } = app;
  const connection = createHttpConnection(server.port);
  stage.onStop(connection.close);
  const call = requestBytes("GET", "/trpc/posts.list", app.headers);

  async function neighbour(calls) {
    await connection.open();
    const times = [];
    for (let made = 0; made < calls; made++) {
      const started = performance.now();
      const { status, body } = await connection.send(call);
      times.push(performance.now() - started);
      assert.equal(status, 200, String(body));
    }
    return times;
  }

  const contender = (name, addressOf) => ({
    name,
    server,
    async work(calls) {
      if (!addressOf) return neighbour(calls);
      const flood = startFlood(server.port, addressOf);
      try {
        return await neighbour(calls);
      } finally {
        await flood.stop();
      }
    },
  });
  let attackers = 0;
  return [
    {
      title: "A neighbour's query while sign-ins flood in",
      measure: "p50",
      calls: stage.size(5, 2),
      warmup: 5,
      contenders: [
        contender("no other sign-ins"),
        contender("wrong passwords for one account", () => "victim@example.com"),
        contender("sign-ins for changing addresses", () => `attacker${attackers++}@example.com`),
      ],
    },
  ];
}

/** Tries wrong passwords over several connections at once, until it is stopped. */
function startFlood(port, addressOf) {
  let stopped = false;
  const headers = { ...samePage, "Content-Type": "application/json" };
  const loops = Array.from({ length: FLOODERS }, async () => {
    const connection = createHttpConnection(port);
    while (!stopped) {
      const input = { email: addressOf(), password: "not the password" };
      const { status } = await connection.send(
        requestBytes("POST", "/trpc/auth.login", headers, JSON.stringify({ json: input })),
      );
      assert.ok(status === 401 || status === 429, `A sign-in of the flood was answered with ${status}.`);
    }
    connection.close();
  });
  return {
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}
