// Measures how soon a suspension stops the sockets of a user, while events are delivered to them.
import assert from "node:assert/strict";
import { startApp } from "../app/start-app.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";
import { createPost, openAll } from "../socket/crowd.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const sockets = stage.size(1_000, 20);
  const rounds = stage.size(7, 1);
  const worker = new URL("suspension-worker.ts", import.meta.url);
  const app = await startApp(stage, { worker });
  const call = async (path, parameters) => {
    const query = new URLSearchParams({ userId: app.userId, ...parameters });
    const response = await fetch(`http://127.0.0.1:${app.server.port}/${path}?${query}`);
    return { ok: response.ok, body: await response.text() };
  };

  /** Suspends the user of many sockets that receive events all the time. */
  async function suspendOnce() {
    const headers = await app.signIn();
    const open = async () => openSocketConnection(app.server.port, "/trpc", headers);
    const connections = await openAll({ open }, sockets);
    const last = new Float64Array(sockets);
    const ends = connections.map((connection, index) => follow(connection, () => (last[index] = performance.now())));
    await Promise.all(ends.map(({ started }) => started));

    let isDone = false;
    let written = 0;
    const writer = (async () => {
      while (!isDone) if ((await call("write", { title: `event ${written}` })).ok) written++;
    })();
    while (written < 3) await new Promise((resolve) => setTimeout(resolve, 1));

    for (const connection of connections) connection.send(frameBytes(createPost(2, "meanwhile")));
    const suspended = performance.now();
    const reply = await call("suspend");
    const replied = performance.now();
    assert.deepEqual(JSON.parse(reply.body), { applied: true });
    isDone = true;
    // A client that has not noticed the close continues to send.
    for (const connection of connections) connection.send(frameBytes(createPost(3, "too late")));
    await writer;
    await Promise.all(ends.map(({ closed }) => closed));
    for (const connection of connections) connection.close();

    await call("unsuspend");
    const { body: posts } = await call("posts");
    return {
      reply: replied - suspended,
      deliveries: Array.from(last, (time) => Math.max(0, time - suspended)),
      executed: JSON.parse(posts).filter(({ title }) => title === "too late").length,
    };
  }

  return [
    {
      title: `Suspending a user with ${sockets} open sockets, which receive events meanwhile`,
      head: ["", "p50", "p99"],
      async rows() {
        const results = [];
        for (let round = 0; round < rounds; round++) results.push(await suspendOnce());
        const deliveries = results.flatMap((result) => result.deliveries);
        const replies = results.map(({ reply }) => reply);
        const executed = results.reduce((sum, result) => sum + result.executed, 0);
        assert.equal(executed, 0);
        const row = (name, values) => [name, `${percentile(values, 0.5)} ms`, `${percentile(values, 0.99)} ms`];
        return [
          row("from the request to the last delivery to a socket", deliveries),
          row("from the request to its reply", replies),
          [`calls executed of the ${sockets * rounds} that the sockets sent after the reply`, String(executed), ""],
        ];
      },
    },
  ];
}

/** Subscribes, and follows the events until the server closes the socket. */
function follow(connection, onEvent) {
  const closed = new Promise((resolve) => connection.onClose(resolve));
  const started = new Promise((resolve) => {
    connection.onFrame((payload) => {
      const { result } = JSON.parse(String(payload));
      if (result?.type === "started") resolve(undefined);
      else if (result?.type === "data") onEvent();
    });
  });
  connection.send(frameBytes(JSON.stringify({ id: 1, method: "subscription", params: { path: "posts.changes" } })));
  return { started, closed };
}

function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
}
