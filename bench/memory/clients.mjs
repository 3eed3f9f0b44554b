// Opens clients of the measured app, and of the bare object for comparison.
import { startApp } from "../app/start-app.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";

/**
 * The heap limit of an isolate in production. Without a limit V8 keeps garbage for longer, and the process grows by
 * that.
 */
const HEAP = { heapMiB: 128 };

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function startOurs(stage) {
  const app = await startApp(stage, { worker: new URL("worker.ts", import.meta.url), ...HEAP });
  return {
    ...app,
    open: async () => createClient(await opened(stage, app.server, "/trpc", app.headers)),
    reset: async () => {
      // Runs the object's garbage through the collector, as idle time does.
      await app.sleep();
    },
  };
}

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function startBare(stage) {
  const server = await stage.start({
    name: "bare echo",
    worker: new URL("bare.ts", import.meta.url),
    objects: { BARE_DO: "BareDO" },
    ...HEAP,
  });
  return { server, open: async () => createClient(await opened(stage, server, "/", {})) };
}

async function opened(stage, server, path, headers) {
  const connection = await openSocketConnection(server.port, path, headers);
  stage.onStop(connection.close);
  return connection;
}

/** Counts the events that arrive, and stores none of them. */
function createClient(connection) {
  const seen = { frames: 0, data: 0, errors: 0, bytes: 0, last: "" };
  const waiting = new Set();
  connection.onFrame((payload) => {
    const head = payload.subarray(0, 200).latin1Slice();
    seen.frames++;
    seen.bytes += payload.length;
    seen.last = head;
    if (head.includes('"type":"data"')) seen.data++;
    if (head.includes('"error"')) seen.errors++;
    for (const check of waiting) check();
  });
  return {
    seen,
    close: connection.close,
    read: connection.read,
    send: (message) => connection.send(frameBytes(typeof message === "string" ? message : JSON.stringify(message))),
    /** @param {(client: typeof seen) => boolean} isDone */
    until: (isDone, milliseconds = 120_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`The reply did not arrive. ${JSON.stringify(seen)}`)),
          milliseconds,
        );
        const check = () => {
          if (!isDone(seen)) return;
          waiting.delete(check);
          clearTimeout(timer);
          resolve(undefined);
        };
        waiting.add(check);
        check();
      }),
  };
}

export const subscribe = (id, path, input, lastEventId) => ({
  id,
  method: "subscription",
  params: { path, input: input === undefined ? undefined : { json: input }, lastEventId },
});

export const query = (id, path, input) => ({ id, method: "query", params: { path, input: { json: input } } });
