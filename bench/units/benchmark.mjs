// Counts the units that the platform bills for each operation, beside the same operation in hand-written SQL.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { startApp } from "../app/start-app.mjs";
import { watchMessage } from "../live/live-queries.mjs";
import { openClient } from "../live/open-client.mjs";
import { startBare } from "./start-bare.mjs";

const HEAD = ["", "requests", "by hand", "rows read", "by hand", "rows written", "by hand"];
/** The number of rows that `create` leaves, of which `delete` takes some away. */
const CREATED = 20;
const post = (title) => ({ title, body: "About as long as the short notes that a user writes down." });

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const app = await startApp(stage, { worker: new URL("worker.ts", import.meta.url), hasCheapPasswords: true });
  const bare = await startBare(stage);
  const times = stage.size(10, 1);
  /** The time without work after which all alarms have run, in milliseconds. */
  const pause = stage.size(300, 30);
  return [
    {
      title: "Requests to objects, and rows, per operation",
      head: HEAD,
      async rows() {
        const rows = [];
        for (const { name, before, ours, byHand, count = times } of await operationsOf(stage, app, bare)) {
          await before?.();
          const own = await unitsOf(app.server, ours, { count, pause });
          const plain = byHand ? await unitsOf(bare.server, byHand, { count, pause }) : undefined;
          rows.push([
            name,
            ...cells(own, plain, "requests"),
            ...cells(own, plain, "rowsRead"),
            ...cells(own, plain, "rowsWritten"),
          ]);
        }
        return rows;
      },
    },
  ];
}

const cells = (own, plain, unit) => [format(own[unit]), plain ? format(plain[unit]) : "–"];
const format = (number) => String(Math.round(number * 100) / 100);

/** Does an operation several times, waits for the alarms that it sets, and returns the average. */
async function unitsOf(server, operate, { count, pause }) {
  const take = async () => (await fetch(`http://127.0.0.1:${server.port}/units`)).json();
  await sleep(pause);
  await take();
  for (let n = 0; n < count; n++) await operate(n);
  const sum = { requests: 0, rowsRead: 0, rowsWritten: 0 };
  for (let isQuiet = false; !isQuiet;) {
    await sleep(pause);
    const { requests, messages, rowsRead, rowsWritten } = await take();
    isQuiet = requests + messages + rowsRead + rowsWritten === 0;
    sum.requests += requests + messages / 20;
    sum.rowsRead += rowsRead;
    sum.rowsWritten += rowsWritten;
  }
  return Object.fromEntries(Object.entries(sum).map(([name, total]) => [name, total / count]));
}

/** The operations in an order in which each has the rows that it needs. */
async function operationsOf(stage, app, bare) {
  const created = [];
  const open = async (messages) => {
    const client = await openClient(stage, app.server, app.headers);
    for (const message of messages) client.send(message);
    await client.until(({ data }) => data >= messages.length);
    return client;
  };
  const { id: organizationId } = await app.mutate("organizations.create", { name: "Acme" });
  const live = [];
  const watchOn = (count) => async () => {
    while (live.length < count) {
      live.push(await open([watchMessage(1, "posts.latest")]));
      await bare.openSocket();
    }
  };
  const createWatched = async () => {
    const before = live.map(({ seen }) => seen.data);
    await app.mutate("posts.create", post("live"));
    await Promise.all(live.map((client, index) => client.until(({ data }) => data > before[index])));
  };
  let caller;

  return [
    { name: "sign-up, with a verification mail", ours: (n) => app.signUp(`user${n}@example.com`), byHand: bare.signUp },
    { name: "sign-in", ours: () => app.signIn(), byHand: bare.signIn },
    {
      name: "exchange of a refresh token",
      ours: () => app.mutate("auth.refresh"),
      byHand: () => bare.run("refresh", "session"),
      count: 1,
    },
    {
      name: "call over HTTP that reads nothing",
      ours: () => app.query("echo", { text: "a" }),
      byHand: () => bare.run("echo", "a"),
    },
    {
      name: "the same over a socket",
      before: async () => void (caller = await open([])),
      async ours(n) {
        caller.send(
          JSON.stringify({ id: n + 1, method: "query", params: { path: "echo", input: { json: { text: "a" } } } }),
        );
        await caller.until(({ data }) => data > n);
      },
      byHand: () => bare.send("echo", "a"),
    },
    {
      name: "the same, and it wakes the object",
      async ours() {
        await app.sleep();
        await app.query("echo", { text: "a" });
      },
      async byHand() {
        await bare.sleep();
        await bare.run("echo", "a");
      },
    },
    {
      name: "`createMany` of 100 rows",
      ours: () => app.mutate("posts.createMany", Array(100).fill(post("many"))),
      byHand: (n) => bare.run("createMany", ...Array.from({ length: 100 }, (_, index) => `many ${n} ${index}`)),
    },
    {
      name: "`create`",
      ours: async (n) => created.push((await app.mutate("posts.create", post(`post ${n}`))).id),
      byHand: (n) => bare.run("create", `post ${n}`),
      count: CREATED,
    },
    {
      name: "`create` with an idempotency key",
      ours: (n) => app.mutate("posts.create", post(`keyed ${n}`), `key-${n}`),
      byHand: (n) => bare.run("create", `keyed ${n}`),
    },
    {
      name: "a repeat of that",
      ours: (n) => app.mutate("posts.create", post(`keyed ${n}`), `key-${n}`),
    },
    {
      name: "`findById`",
      ours: () => app.query("posts.byId", { id: created[0] }),
      byHand: () => bare.run("byId", "post 0"),
    },
    {
      name: "list of the newest 10 rows, by an index",
      ours: async () => assert.equal((await app.query("posts.list")).length, 10),
      byHand: async () => assert.equal((await bare.run("list")).length, 10),
    },
    {
      name: "`update`",
      ours: (n) => app.mutate("posts.rename", { id: created[0], title: `new ${n}` }),
      byHand: (n) => bare.run("rename", "post 0", `new ${n}`),
    },
    {
      name: "`delete`",
      ours: (n) => app.mutate("posts.remove", { id: created[CREATED - 1 - n] }),
      byHand: (n) => bare.run("remove", `post ${CREATED - 1 - n}`),
    },
    {
      name: "`kv.set`",
      ours: (n) => app.mutate("kv.set", { key: "one", value: n }),
      byHand: (n) => bare.run("set", "one", String(n)),
    },
    { name: "`kv.get`", ours: () => app.query("kv.get", { key: "one" }), byHand: () => bare.run("get", "one") },
    {
      name: "call in an organization",
      ours: () => app.query("team", { organizationId }),
      async byHand() {
        await bare.run("echo", "a");
        await bare.callObject("team", "member", "user");
      },
    },
    {
      name: "live query: socket, subscription, first result",
      ours: async () => (await open([watchMessage(1, "posts.latest")])).close(),
      async byHand() {
        const socket = await bare.openSocket();
        await socket.send("live");
        socket.close();
      },
    },
    {
      name: "`create` that changes a live query of one socket",
      before: watchOn(1),
      ours: createWatched,
      byHand: (n) => bare.run("createLive", `one ${n}`),
    },
    {
      name: "`create` that changes a live query of 10 sockets",
      before: watchOn(10),
      ours: createWatched,
      byHand: (n) => bare.run("createLive", `ten ${n}`),
    },
    {
      name: "idle hour of an object with 10 sockets and live queries",
      ours: () => fetch(`http://127.0.0.1:${app.server.port}/hour?name=user:${app.userId}`),
      byHand: () => Promise.resolve(),
      count: 1,
    },
  ];
}
