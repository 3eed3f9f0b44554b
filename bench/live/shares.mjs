// Measures work of growing size that one member causes: how its cost grows, and how long another member's calls wait.
import { startApp } from "../app/start-app.mjs";
import { watchMessage } from "./live-queries.mjs";
import { openClient } from "./open-client.mjs";

const HEAD = ["size", "CPU ms", "growth", "per doubling", "longest wait of another call, ms", "of the whole time"];

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const app = await startApp(stage, { worker: new URL("shares-worker.ts", import.meta.url) });
  const other = await app.signIn();
  const open = (headers) => openClient(stage, app.server, headers);
  const sizes = (...full) => stage.size(full, [20, 40]);
  const measured = (title, all, work) => ({
    title,
    head: HEAD,
    rows: () => growth(app.server, all, async (size) => probed(await open(other), await work(size))),
  });

  return [
    measured(
      "Live queries of 10 KB on one socket, their first results",
      sizes(150, 300, 600, 1_200),
      async (queries) => {
        const client = await open(app.headers);
        return async () => {
          for (let n = 1; n <= queries; n++) client.send(watchMessage(n, "notes.large", { n: queries * 10_000 + n }));
          await client.until(({ data }) => data >= queries);
          client.close();
        };
      },
    ),
    measured(
      "One write with `changes()` subscriptions, 2,000 on a socket",
      sizes(1_000, 2_000, 4_000, 8_000),
      async (count) => {
        const clients = [];
        for (let first = 0; first < count; first += 2_000) {
          const client = await open(app.headers);
          const own = Math.min(2_000, count - first);
          for (let id = 1; id <= own; id++) client.send(subscribe(id));
          await client.until(({ frames }) => frames >= own);
          clients.push({ client, own });
        }
        return async () => {
          await app.mutate("notes.create", { text: "one" });
          await Promise.all(clients.map(({ client, own }) => client.until(({ data }) => data >= own)));
          for (const { client } of clients) client.close();
        };
      },
    ),
    measured(
      "Subscriptions that resume at different cursors, about 20,000 entries back",
      sizes(50, 100, 200),
      async (count) => {
        const watching = await open(app.headers);
        watching.send(subscribe(1));
        await watching.until(({ frames }) => frames >= 1);
        for (let n = 0; n < count; n++) await app.mutate("notes.create", { text: `${n}` });
        await watching.until(({ data }) => data >= count);
        const cursors = watching.seen.cursors.slice(-count);
        watching.close();
        for (let n = 0; n < stage.size(20, 1); n++) await app.mutate("notes.createMany", { count: 1_000 });
        const clients = [];
        for (const cursor of cursors) clients.push({ client: await open(app.headers), cursor });
        // Each query reads its first page.
        return async () => {
          for (const { client, cursor } of clients) client.send(subscribe(1, cursor));
          await Promise.all(
            clients.map(async ({ client }) => {
              await client.until(({ data }) => data >= 1);
              client.close();
            }),
          );
        };
      },
    ),
    measured("A frame of nested arrays, in KB", sizes(500, 1_000, 2_000, 4_000), async (kilobytes) => {
      const client = await open(app.headers);
      const half = kilobytes * 500;
      return async () => {
        client.send(`[${"[".repeat(half - 1)}${"]".repeat(half - 1)}]`);
        await client.until(({ errors }) => errors >= 1);
        client.close();
      };
    }),
    await outboxWork(stage, sizes(250, 500, 1_000, 2_000)),
  ];
}

async function outboxWork(stage, sizes) {
  const server = await stage.start({
    name: "outbox",
    worker: new URL("outbox-worker.ts", import.meta.url),
    objects: { OUTBOX_DO: "OutboxDO" },
  });
  const post = async (posts) => {
    const { ok } = await fetch(`http://127.0.0.1:${server.port}/?posts=${posts}`);
    if (!ok) throw new Error("The messages were not posted.");
  };
  return {
    title: "Messages posted to other objects in one turn",
    head: HEAD,
    async rows() {
      await post(100);
      return growth(server, sizes, async (size) => async () => {
        await post(size);
        return undefined;
      });
    },
  };
}

/** Does the work once for each size. Each row states how its CPU time grew over the previous row. */
async function growth(server, sizes, prepareWork) {
  const rows = [];
  let before;
  for (const size of sizes) {
    const work = await prepareWork(size);
    const started = server.cpuTime();
    const startedAt = performance.now();
    const wait = await work();
    const share = wait === undefined ? "" : `${Math.round((100 * wait) / (performance.now() - startedAt))} %`;
    const cpu = (server.cpuTime() - started) / 1e6;
    const grown = before && cpu / before.cpu;
    const perDoubling = before && grown ** (1 / Math.log2(size / before.size));
    rows.push([
      String(size),
      cpu.toFixed(0),
      ...[grown, perDoubling].map((ratio) => (ratio ? `${ratio.toFixed(2)}×` : "")),
      wait?.toFixed(0) ?? "",
      share,
    ]);
    before = { size, cpu };
  }
  return rows;
}

/** Makes calls on a socket of another session during some work, and returns the longest wait in milliseconds. */
function probed(client, work) {
  return async () => {
    let isDone = false;
    let longest = 0;
    const probe = async () => {
      for (let id = 1; !isDone; id++) {
        const sentAt = performance.now();
        client.send(call(id, "echo", { text: "here" }));
        await client.until(({ data }) => data >= id);
        longest = Math.max(longest, performance.now() - sentAt);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const probing = probe();
    await work();
    isDone = true;
    await probing;
    client.close();
    return longest;
  };
}

const subscribe = (id, lastEventId) =>
  JSON.stringify({ id, method: "subscription", params: { path: "notes.changes", lastEventId } });

const call = (id, path, input) => JSON.stringify({ id, method: "query", params: { path, input: { json: input } } });
