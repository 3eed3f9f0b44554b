// Measures one write that is delivered to a thousand sockets.
import assert from "node:assert/strict";
import { frameBytes } from "../runner/socket-connection.mjs";
import { timeEach } from "../runner/time-each.mjs";
import { startBare, startOurs } from "./contenders.mjs";
import { createPost, openAll } from "./crowd.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const sockets = stage.size(1000, 20);
  const bare = await startBare(stage);
  const ours = await startOurs(stage);

  const subscribed = await openAll(ours, sockets);
  await Promise.all(subscribed.map((connection) => subscribe(connection)));
  return [
    {
      title: `One event to ${sockets} sockets`,
      measure: "p50",
      calls: stage.size(6, 2),
      warmup: stage.size(20, 1),
      contenders: [
        asContender(bare, await openAll(bare, sockets), {
          write: (title) => `post ${title}`,
          isEvent: ({ result }, title) => result.data.title === title,
          replies: 0,
        }),
        {
          ...asContender(ours, subscribed, {
            write: (title) => createPost(2, title),
            isEvent: ({ result }, title) => result.data.json.data?.data.title === title,
            replies: 1,
          }),
          figures: { p50: 1.1, cpu: 1.1 },
        },
      ],
    },
  ];
}

function subscribe(connection) {
  return new Promise((resolve, reject) => {
    connection.onFrame((payload) => {
      if (JSON.parse(String(payload)).result?.type === "started") resolve(undefined);
      else reject(new Error(`Subscribing was answered with ${payload}`));
    });
    connection.send(frameBytes(JSON.stringify({ id: 1, method: "subscription", params: { path: "posts.changes" } })));
  });
}

/** @returns {import("../runner/run-benchmark.mjs").Contender} */
function asContender({ name, server }, connections, { write, isEvent, replies }) {
  let title = 0;

  /** Writes once, and waits until each socket has received it. `onFrame` gets every message. */
  const broadcast = (onFrame) =>
    new Promise((resolve) => {
      let missing = connections.length + replies;
      for (const connection of connections) {
        connection.onFrame((payload) => {
          onFrame(payload);
          if (--missing === 0) resolve(undefined);
        });
      }
      connections[0].send(frameBytes(write(`Event ${++title}`)));
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
        events.every((event) => isEvent(event, `Event ${title}`)),
        JSON.stringify(messages[0]),
      );
    },
    work: (calls) => timeEach(calls, () => broadcast(() => {})),
  };
}
