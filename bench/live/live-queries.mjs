// Subscribes to live queries over the runner's sockets.
import { frameBytes } from "../runner/socket-connection.mjs";

/** The maximum number of subscriptions of one socket. */
const PER_SOCKET = 2_000;

/**
 * Subscribes like the package's own client.
 *
 * @param {number} id
 * @param {string} path
 * @param {unknown} [input]
 */
export function watchMessage(id, path, input) {
  const params = { path: "_live", input: { json: { path, input } }, userdo: {} };
  return JSON.stringify({ id, method: "subscription", params });
}

/**
 * Subscribes to single posts that no write changes, on as many sockets as necessary, and waits for all results.
 *
 * @param {() => Promise<import("../runner/socket-connection.mjs").SocketConnection>} open
 * @param {number} count
 */
export async function watchUnrelated(open, count) {
  for (let first = 0; first < count; first += PER_SOCKET) {
    const connection = await open();
    const ids = Array.from({ length: Math.min(PER_SOCKET, count - first) }, (_, index) => index + 1);
    await watchAll(
      connection,
      ids.map((id) => watchMessage(id, "posts.byId", { id: `unrelated ${first + id}` })),
    );
    connection.onFrame((payload) => {
      throw new Error(`An unrelated query received a message: ${payload}`);
    });
  }
}

/** Subscribes with one frame at a time, and waits until each query has its first result and its flush has completed. */
export async function watchAll(connection, messages) {
  let results = 0;
  const { promise, resolve, reject } = Promise.withResolvers();
  connection.onFrame((payload) => {
    const { error, method, result, userdo } = JSON.parse(String(payload));
    if (error) reject(new Error(`A live query was rejected: ${payload}`));
    if (result?.type === "data") results++;
    if ((method === "userdo.flushed" || userdo) && results >= messages.length) resolve(undefined);
  });
  for (const message of messages) connection.send(frameBytes(message));
  await promise;
}
