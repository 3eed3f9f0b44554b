// Measures a call that wakes an object, beside an echo that wakes with the same tables and reads one row.
import assert from "node:assert/strict";
import { frameBytes } from "../runner/socket-connection.mjs";
import { startBareWithSchema, startOurs } from "./contenders.mjs";

const TEXT = "Wake up.";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const works = [];
  const many = stage.size(2000, 300);
  const few = [
    { sockets: 1, subscriptions: 0 },
    { sockets: 1, subscriptions: many },
  ];
  const cases = stage.size([...few, { sockets: 1, subscriptions: 100 }, { sockets: 20, subscriptions: many }], few);
  for (const { sockets, subscriptions } of cases) {
    // Separate servers, because an object restores all of its sockets when it wakes up.
    const ours = await startOurs(stage);
    const bare = await startBareWithSchema(stage, ours.server);
    const connections = [await opened(bare, sockets), await opened(ours, sockets)];
    let unavailable;
    for (const connection of connections[1]) unavailable ??= await subscribe(connection, subscriptions / sockets);
    works.push({
      title: `A call that wakes the object: ${subscriptions} subscriptions on ${sockets === 1 ? "one socket" : `${sockets} sockets`}`,
      measure: "p50",
      calls: stage.size(15, 3),
      warmup: stage.size(50, 1),
      contenders: [
        asContender(bare, connections[0][0]),
        { ...asContender(ours, connections[1][0]), figures: { p50: 1.25, cpu: 1.25 }, unavailable },
      ],
    });
  }
  return works;
}

async function opened({ open }, count) {
  const connections = [];
  for (let index = 0; index < count; index++) connections.push(await open());
  return connections;
}

/** Subscribes to the changes of a table, one after the other; returns the error once a subscription is rejected. */
async function subscribe(connection, count) {
  for (let id = 1; id <= count; id++) {
    const { error } = await new Promise((resolve) => {
      connection.onFrame((payload) => resolve(JSON.parse(String(payload))));
      connection.send(frameBytes(JSON.stringify({ id, method: "subscription", params: { path: "posts.changes" } })));
    });
    if (error) return `the ${id}th subscription was rejected: ${error.json.data.code}`;
  }
  return undefined;
}

/** @returns {import("../runner/run-benchmark.mjs").Contender} */
function asContender({ name, server, sleep, call, reply }, connection) {
  const id = 1_000_000;
  const frame = frameBytes(call(id, TEXT));
  const nextReply = () =>
    new Promise((resolve) => {
      connection.onFrame((payload) => resolve(String(payload)));
      connection.send(frame);
    });
  return {
    name,
    server,
    async check() {
      assert.equal(await nextReply(), reply(id, TEXT));
    },
    async work(calls) {
      const times = [];
      for (let call = 0; call < calls; call++) {
        await sleep();
        const started = performance.now();
        const payload = await nextReply();
        times.push(performance.now() - started);
        assert.equal(payload, reply(id, TEXT));
      }
      return times;
    },
  };
}
