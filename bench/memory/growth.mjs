// Measures how far the memory of a process grows with the most expensive work that clients can give to one object.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { growthOf } from "../runner/memory.mjs";
import { query, startBare, startOurs, subscribe } from "./clients.mjs";

/** The default of `memoryBytes`. */
const BUDGET = 33_554_432;
/** Memory that the runtime may use for garbage and buffers, in addition to the growth of the bare object. */
const RUNTIME = 67_108_864;

const ROW = 800_000;
const MESSAGE = 240_000;

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const many = (full) => stage.size(full, 3);
  const each = (count, work) => Promise.all(Array.from({ length: count }, (_, n) => work(n)));

  /** A socket that was disconnected while rows were written reconnects with its cursor. */
  const resume = (sockets, rows) => ({
    title: `${sockets} sockets resume after a gap of ${rows} rows of 800 KB`,
    async ours(app) {
      const first = await app.open();
      first.send(subscribe(1, "notes.changes"));
      await app.mutate("notes.createMany", { count: 1, bytes: 10 });
      await first.until(({ data }) => data === 1);
      const [, id] = /"type":"data","id":"([^"]+)"/.exec(first.seen.last) ?? [];
      first.close();
      for (let n = 0; n < rows; n += 5) await app.mutate("notes.createMany", { count: 5, bytes: ROW });
      await app.sleep();
      const clients = await each(sockets, app.open);
      return async () => {
        for (const client of clients) client.send(subscribe(1, "notes.changes", undefined, id));
        await Promise.all(clients.map((client) => client.until(({ data }) => data >= rows)));
      };
    },
    async bare({ open }) {
      const clients = await each(sockets, open);
      clients[0].send(`write ${rows} ${ROW}`);
      await clients[0].until(({ last }) => last === "done");
      return async () => {
        for (const client of clients) client.send(`read ${rows} ${ROW}`);
        await Promise.all(clients.map((client) => client.until(({ data }) => data >= rows)));
      };
    },
  });

  const echo =
    (sockets, messages) =>
    async ({ open }) => {
      const clients = await each(sockets, open);
      return async () => {
        for (const client of clients) for (let n = 0; n < messages; n++) client.send("x".repeat(MESSAGE));
        await Promise.all(clients.map((client) => client.until(({ frames }) => frames >= messages)));
      };
    };

  const works = [
    resume(1, many(100)),
    resume(many(20), many(30)),
    {
      title: `${many(60)} sockets stop reading while 20 rows of 800 KB are written`,
      async ours(app) {
        const clients = await each(many(60), app.open);
        for (const client of clients) client.send(subscribe(1, "notes.changes"));
        await Promise.all(clients.map((client) => client.until(({ frames }) => frames === 1)));
        for (const client of clients) client.read(false);
        return async () => {
          for (let n = 0; n < 20; n++) await app.mutate("notes.createMany", { count: 1, bytes: ROW });
          await sleep(1_000);
        };
      },
      bare: resume(many(60), 1).bare,
    },
    {
      title: `${many(60)} sockets send 16 messages of 240 KB each that wait for a slow call`,
      async ours(app) {
        const clients = await each(many(60), app.open);
        return async () => {
          for (const client of clients) {
            client.send(query(1, "hold"));
            for (let n = 0; n < 16; n++) client.send(query(2 + n, "echo", { text: "x".repeat(MESSAGE) }));
          }
          await sleep(3_000);
          await app.mutate("release");
          await Promise.all(clients.map((client) => client.until(({ data, errors }) => data + errors >= 17)));
        };
      },
      bare: echo(many(60), 16),
    },
    {
      title: `${many(60)} sockets subscribe 8 times with inputs of 240 KB`,
      async ours(app) {
        const clients = await each(many(60), app.open);
        return async () => {
          for (const client of clients) {
            for (let n = 0; n < 8; n++) client.send(subscribe(1 + n, "notes.changes", { text: "x".repeat(MESSAGE) }));
          }
          await Promise.all(clients.map((client) => client.until(({ frames }) => frames >= 8)));
        };
      },
      bare: echo(many(60), 8),
    },
    {
      title: `4 exports of ${many(100)} rows of 800 KB and ${many(50)} keys of 800 KB at once`,
      async ours(app) {
        for (let n = 0; n < many(100); n += 5) await app.mutate("notes.createMany", { count: 5, bytes: ROW });
        await app.mutate("keys", { count: many(50), bytes: ROW });
        const clients = await each(4, app.open);
        return async () => {
          for (const client of clients) client.send(subscribe(1, "account.export"));
          const isDone = ({ last }) => last.includes('"stopped"');
          await Promise.all(clients.map((client) => client.until(isDone)));
        };
      },
      bare: resume(4, many(150)).bare,
    },
    {
      title: `${many(60)} sockets with a live query of 6 rows of 800 KB each, with different inputs, and one write`,
      async ours(app) {
        await app.mutate("notes.createMany", { count: 6, bytes: ROW });
        const clients = await each(many(60), app.open);
        return async () => {
          for (const [n, client] of clients.entries()) {
            const input = { path: "notes.list", input: { name: `query ${n}`, count: 6 } };
            client.send({ id: 1, method: "subscription", params: { path: "_live", input: { json: input } } });
          }
          await Promise.all(clients.map((client) => client.until(({ data }) => data === 1)));
          await app.mutate("notes.createMany", { count: 1, bytes: 10 });
        };
      },
      bare: resume(many(60), 6).bare,
    },
  ];

  return works.map(({ title, ours, bare }) => ({
    title,
    head: ["", "growth, MiB", "to the bare object", "to the budget", "CPU, ms", "target"],
    async rows() {
      const plain = await measured(await startBare(stage), bare);
      const own = await measured(await startOurs(stage), ours);
      const holds = own.growth <= plain.growth + BUDGET + RUNTIME;
      const most = toMiB(plain.growth + BUDGET + RUNTIME);
      return [
        ["bare object", toMiB(plain.growth), "1.00×", "", plain.cpu, ""],
        [
          "trpc-userdo",
          toMiB(own.growth),
          `${(own.growth / plain.growth).toFixed(2)}×`,
          `${(own.growth / BUDGET).toFixed(2)}×`,
          own.cpu,
          `≤ ${most}: ${holds ? "met" : "**missed**"}`,
        ],
      ];
    },
  }));
}

async function measured(contender, scenario) {
  const work = await scenario(contender);
  const cpu = contender.server.cpuTime();
  const growth = await growthOf(contender.server.pid, work);
  assert.ok(growth > 0, "The process did not grow at all: was it the right one?");
  const used = Math.round((contender.server.cpuTime() - cpu) / 1e6);
  await contender.server.stop();
  return { growth, cpu: String(used) };
}

function toMiB(bytes) {
  return (bytes / 1_048_576).toFixed(0);
}
