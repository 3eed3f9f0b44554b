// Measures one write that is delivered to a thousand sockets.
import { frameBytes } from "../runner/socket-connection.mjs";
import { startBare, startOurs } from "./contenders.mjs";
import { asBroadcast, createPost, openAll } from "./crowd.mjs";

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
        asBroadcast(bare, await openAll(bare, sockets), {
          write: (title) => `post ${title}`,
          isEvent: ({ result }, title) => result.data.title === title,
          replies: 0,
        }),
        {
          ...asBroadcast(ours, subscribed, {
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
