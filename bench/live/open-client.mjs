// Opens a client of the benchmarks that counts the frames it receives.
import { setTimeout as sleep } from "node:timers/promises";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";

/** Counts the frames that a client receives. */
export async function openClient(stage, server, headers, path = "/trpc") {
  const connection = await openSocketConnection(server.port, path, headers);
  stage.onStop(connection.close);
  const seen = { frames: 0, started: 0, data: 0, errors: 0, isClosed: false, cursors: /** @type {string[]} */ ([]) };
  let check = () => {};
  let changedAt = performance.now();
  connection.onClose(() => (seen.isClosed = true));
  connection.onFrame((payload) => {
    const head = payload.subarray(0, 200).latin1Slice();
    if (head.startsWith('{"id":null,"method"')) return;
    seen.frames++;
    changedAt = performance.now();
    if (head.includes('"type":"started"')) seen.started++;
    if (head.includes('"error"')) seen.errors++;
    if (head.includes('"type":"data"')) {
      seen.data++;
      const [, cursor] = /"type":"data","id":"([^"]+)"/.exec(head) ?? [];
      if (cursor && seen.cursors.length < 10_000) seen.cursors.push(cursor);
    }
    check();
  });
  return {
    seen,
    close: connection.close,
    send: (text) => connection.send(frameBytes(text)),
    sendAll(frames) {
      changedAt = performance.now();
      connection.send(frames);
    },
    /** Resolves when no frame has arrived for a while. */
    async untilQuiet(milliseconds = 500) {
      while (!seen.isClosed && performance.now() - changedAt < milliseconds) await sleep(50);
    },
    /** @param {(counts: typeof seen) => boolean} isEnough */
    until: (isEnough) =>
      new Promise((resolve) => {
        check = () => isEnough(seen) && resolve(undefined);
        check();
      }),
  };
}
