// Measures one event, stored and transient, that is delivered to a thousand sockets.
import { startApp } from "../app/start-app.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";
import { startBare } from "../socket/contenders.mjs";
import { asBroadcast, openAll } from "../socket/crowd.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const sockets = stage.size(1000, 20);
  const bare = await startBare(stage);
  const contenders = [
    asBroadcast(bare, await openAll(bare, sockets), {
      write: (text) => `post ${text}`,
      isEvent: ({ result }, text) => result.data.title === text,
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
      asBroadcast({ name: name === "stored" ? "a stored event" : "a transient event", server }, connections, {
        write: (text) => JSON.stringify({ id: 2, method: "mutation", params: { path, input: { json: { text } } } }),
        isEvent: ({ result }, text) => result.data.json.data.data.text === text,
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
