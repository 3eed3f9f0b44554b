// Measures one changed row in a live list of a thousand rows: sent as a delta to this package's client, and whole to tRPC's.
import assert from "node:assert/strict";
import { startApp } from "../app/start-app.mjs";
import { frameBytes, openSocketConnection } from "../runner/socket-connection.mjs";
import { timeEach } from "../runner/time-each.mjs";
import { openAll } from "../socket/crowd.mjs";

/** The targets of one changed row, relative to the whole result. */
const MOST_BYTES = 0.02;
const MOST_CPU = 0.5;

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const rows = stage.size(1_000, 50);
  const works = [];
  for (const sockets of [1, stage.size(100, 3)]) {
    const whole = await startList(stage, { rows, sockets, readsDeltas: false });
    const deltas = await startList(stage, { rows, sockets, readsDeltas: true });
    works.push(
      {
        title: `One changed row in a live list of ${rows} rows on ${sockets} ${sockets === 1 ? "socket" : "sockets"}`,
        measure: "p50",
        calls: stage.size(sockets === 1 ? 40 : 4, 2),
        warmup: stage.size(sockets === 1 ? 80 : 4, 1),
        contenders: [whole.contender, { ...deltas.contender, figures: { cpu: MOST_CPU } }],
      },
      countBytes(`Bytes of one changed row on ${sockets} ${sockets === 1 ? "socket" : "sockets"}`, whole, deltas),
    );
  }
  return works;
}

/** Starts a server whose sockets all watch the same list. */
async function startList(stage, { rows, sockets, readsDeltas }) {
  const app = await startApp(stage, { worker: new URL("deltas-worker.ts", import.meta.url) });
  const ids = await app.mutate("tasks.fill", rows);
  const open = async () => {
    const connection = await openSocketConnection(app.server.port, "/trpc", app.headers);
    stage.onStop(connection.close);
    return connection;
  };
  const writer = await open();
  const connections = await openAll({ open }, sockets);
  const userdo = readsDeltas ? { deltas: true } : {};
  const params = { path: "_live", input: { json: { path: "tasks.all" } }, userdo };
  const watch = frameBytes(JSON.stringify({ id: 1, method: "subscription", params }));
  for (const connection of connections) await receive([connection], () => connection.send(watch));

  let count = 0;
  let bytes = 0;

  /** Changes a row, and waits until each socket has received the change. */
  async function rename() {
    const id = ids[count % ids.length];
    const title = `Renamed ${++count}`;
    const input = { json: { id, title } };
    const message = frameBytes(JSON.stringify({ id: 2, method: "mutation", params: { path: "tasks.rename", input } }));
    const payloads = await receive(connections, () => writer.send(message));
    bytes += payloads.reduce((sum, { length }) => sum + length, 0);
    assert.ok(payloads.every((payload) => payload.includes(`"${title}"`)));
  }

  return {
    contender: {
      name: readsDeltas ? "delta" : "whole result",
      server: app.server,
      check: rename,
      // An idle object hibernates while the other one is measured. Then it sends the next result as a whole.
      reset: rename,
      work: (calls) => timeEach(calls, rename),
    },
    /** Returns the bytes that one change sends to a socket. */
    async bytesPerChange() {
      await rename();
      const before = { bytes, count };
      for (let done = 0; done < 10; done++) await rename();
      return (bytes - before.bytes) / (count - before.count) / sockets;
    },
  };
}

/** Waits until each connection has received an event, and returns the events. */
function receive(connections, start) {
  return new Promise((resolve) => {
    const payloads = [];
    for (const connection of connections) {
      connection.onFrame((payload) => {
        // Each event of a live query starts with the id of its subscription; the acknowledgements do not.
        if (!payload.subarray(0, 40).includes('"type":"data"')) return;
        payloads.push(payload);
        if (payloads.length === connections.length) resolve(payloads);
      });
    }
    start();
  });
}

/** @returns {import("../runner/run-benchmark.mjs").Count} */
function countBytes(title, whole, deltas) {
  return {
    title,
    head: ["", "bytes per socket", "of the whole result", "target"],
    async rows() {
      const most = await whole.bytesPerChange();
      const own = await deltas.bytesPerChange();
      const value = `${((own / most) * 100).toFixed(2)} %`;
      const target = { name: "bytes", limit: `≤ ${MOST_BYTES * 100} %`, value, isMet: own / most <= MOST_BYTES };
      const verdict = `${target.limit}: ${target.isMet ? "met" : "**missed**"}`;
      const rows = [
        ["whole result", most.toFixed(0), "100 %", ""],
        ["delta", own.toFixed(0), value, verdict],
      ];
      return { rows, targets: [target] };
    },
  };
}
