import { startApp } from "../app/start-app.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";
import { createPost } from "../socket/crowd.mjs";
import { watchUnrelated } from "./live-queries.mjs";

/**
 * Starts a separate server with live queries that no write affects, and opens a socket to write over.
 *
 * @param {import("../runner/run-benchmark.mjs").Stage} stage
 * @param {number} queries
 */
export async function startWatched(stage, queries) {
  const { server, sleep, headers, signIn } = await startApp(stage);
  const open = async (by) => {
    const connection = await openSocketConnection(server.port, "/trpc", by);
    stage.onStop(connection.close);
    return connection;
  };
  // Uses another session than the writer's, which would be notified that its write is shown.
  const reader = await signIn();
  await watchUnrelated(() => open(reader), queries);
  const writer = await open(headers);
  const frame = frameBytes(createPost(1, "Post"));
  return {
    name: `${queries} live queries`,
    server,
    sleep,
    /** Writes a post, and returns the reply. */
    write: () =>
      new Promise((resolve) => {
        writer.onFrame((payload) => resolve(JSON.parse(String(payload))));
        writer.send(frame);
      }),
  };
}
