// Measures one write that changes the live query of a thousand sockets, the same query for all.
import assert from "node:assert/strict";
import { frameBytes } from "../runner/socket-connection.mjs";
import { timeEach } from "../runner/time-each.mjs";
import { startBare, startOurs } from "../socket/contenders.mjs";
import { createPost, openAll } from "../socket/crowd.mjs";
import { watchAll, watchMessage } from "./live-queries.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const sockets = stage.size(1_000, 20);
  const bare = await startBare(stage);
  const ours = await startOurs(stage);
  const watching = await openAll(ours, sockets);
  for (const connection of watching) await watchAll(connection, [watchMessage(1, "posts.latest")]);
  return [
    {
      title: `One result to ${sockets} sockets`,
      measure: "p50",
      calls: stage.size(6, 2),
      warmup: stage.size(20, 1),
      contenders: [
        asContender(bare, await openAll(bare, sockets), {
          write: (title) => `post ${title}`,
          titleOf: ({ result }) => result?.data.title,
        }),
        {
          ...asContender(ours, watching, {
            write: (title) => createPost(2, title),
            titleOf: ({ id, result }) => id === 1 && result.data.json.data.title,
          }),
          figures: { p50: 1.3, cpu: 1.3 },
        },
      ],
    },
  ];
}

/** @returns {import("../runner/run-benchmark.mjs").Contender} */
function asContender({ name, server }, connections, { write, titleOf }) {
  let count = 0;

  /** Writes once, and waits until each socket has received the result. */
  const broadcast = () =>
    new Promise((resolve) => {
      const title = `Post ${++count}`;
      let missing = connections.length;
      for (const connection of connections) {
        connection.onFrame((payload) => {
          if (titleOf(JSON.parse(String(payload))) === title && --missing === 0) resolve(undefined);
        });
      }
      connections[0].send(frameBytes(write(title)));
    });

  return {
    name,
    server,
    async check() {
      await broadcast();
      assert.ok(count > 0);
    },
    work: (calls) => timeEach(calls, broadcast),
  };
}
