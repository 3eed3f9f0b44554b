// Measures one event, stored and transient, that is delivered to a thousand sockets.
import assert from "node:assert/strict";
import { startApp } from "../app/start-app.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";
import { timeEach } from "../runner/time-each.mjs";
import { startBare } from "../socket/contenders.mjs";
import { openAll } from "../socket/crowd.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const sockets = stage.size(1000, 20);
  const bare = await startBare(stage);
  const contenders = [
    asContender(bare, await openAll(bare, sockets), {
      write: (text) => `post ${text}`,
      textOf: ({ result }) => result.data.title,
      replies: 0,
    }),
  ];
  for (const [name, path] of [
    ["stored", "emitStored"],
    ["fleeting", "emitTransient"],
  ]) {
    const { server, headers } = await startApp(stage, { worker: new URL("worker.ts", import.meta.url) });
    const open = async () => {
      const connection = await openSocketConnection(server.port, "/trpc", headers);
      stage.onStop(connection.close);
      return connection;
    };
    const connections = await openAll({ open }, sockets);
    await Promise.all(connections.map((connection) => listen(connection, name)));
    contenders.push(
      asContender({ name: name === "stored" ? "a stored event" : "a transient event", server }, connections, {
        write: (text) => JSON.stringify({ id: 2, method: "mutation", params: { path, input: { json: { text } } } }),
        textOf: ({ result }) => result.data.json.data.data.text,
        replies: 1,
      }),
    );
  }
  return [
    {
      title: `One event to ${sockets} sockets`,
      measure: "p50",
      calls: stage.size(6, 2),
      warmup: stage.size(20, 1),
      contenders,
    },
  ];
}

function listen(connection, name) {
  return new Promise((resolve, reject) => {
    connection.onFrame((payload) => {
      if (JSON.parse(String(payload)).result?.type === "started") resolve(undefined);
      else reject(new Error(`Subscribing was answered with ${payload}`));
    });
    const params = { path: "events.listen", input: { json: { names: [name] } } };
    connection.send(frameBytes(JSON.stringify({ id: 1, method: "subscription", params })));
  });
}

/** @returns {import("../runner/run-benchmark.mjs").Contender} */
function asContender({ name, server }, connections, { write, textOf, replies }) {
  let number = 0;

  /** Emits once, and waits until each socket has received the event. `onFrame` gets every message. */
  const broadcast = (onFrame) =>
    new Promise((resolve) => {
      let missing = connections.length + replies;
      for (const connection of connections) {
        connection.onFrame((payload) => {
          onFrame(payload);
          if (--missing === 0) resolve(undefined);
        });
      }
      connections[0].send(frameBytes(write(`Event ${++number}`)));
    });

  return {
    name,
    server,
    async check() {
      const messages = [];
      await broadcast((payload) => messages.push(JSON.parse(String(payload))));
      const events = messages.filter(({ id }) => id === 1);
      assert.equal(events.length, connections.length);
      assert.ok(
        events.every((event) => textOf(event) === `Event ${number}`),
        JSON.stringify(messages.slice(0, 2)),
      );
    },
    work: (calls) => timeEach(calls, () => broadcast(() => {})),
  };
}
