// Measures the directory of an app with many users: reports, lists, searches, counts, and its size on disk.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { vars } from "../app/start-app.mjs";
import { createHttpConnection, requestBytes } from "../runner/http-connection.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const users = stage.size(1_000_000, 2_000);
  const calls = stage.size(200, 2);
  const worker = new URL("worker.ts", import.meta.url);
  const server = await stage.start({ name: "directory", worker, objects: { BLOG_DO: "BlogDO" }, vars });
  const connection = createHttpConnection(server.port);
  stage.onStop(connection.close);

  const get = async (target) => {
    const { status, body } = await connection.send(requestBytes("GET", target, {}, ""));
    assert.equal(status, 200, `${target}: ${body}`);
    return body;
  };
  const call = async (name, input) =>
    JSON.parse(await get(`/${name}?input=${encodeURIComponent(JSON.stringify(input))}`));
  const report = async (from, to, seenDay) => {
    const started = performance.now();
    const step = 10_000;
    for (let first = from; first < to; first += step)
      await get(`/report?from=${first}&to=${Math.min(first + step, to)}&seenDay=${seenDay}`);
    return ((performance.now() - started) * 1_000) / (to - from);
  };

  /** The times of one call, the shortest first, in milliseconds. */
  const timesOf = async (work) => {
    const times = [];
    for (let index = 0; index < calls; index++) {
      const started = performance.now();
      await work(index);
      times.push(performance.now() - started);
    }
    return times.toSorted((one, other) => one - other);
  };
  const rowOf = async (name, work) => {
    const times = await timesOf(work);
    const at = (share) => `${times[Math.floor((times.length - 1) * share)].toFixed(1)} ms`;
    return [name, at(0.5), at(0.99)];
  };
  const listed = async (input, count = 50) => {
    const { items, nextCursor } = await call("list", input);
    assert.ok(items.length >= Math.min(count, 1) && items.length <= 50, JSON.stringify(items));
    return nextCursor;
  };

  return [
    {
      title: `Reports of ${users.toLocaleString("en")} users to one shard`,
      head: ["", "time for a user", "bytes on disk", "bytes for a user"],
      async rows() {
        const first = await report(0, users, 20_000);
        const size = await sizeOf(server.storage);
        const again = await report(0, Math.min(users, 100_000), 20_001);
        const after = await sizeOf(server.storage);
        const { count } = await call("count", {});
        assert.equal(count, users);
        return [
          ["first report", `${first.toFixed(0)} µs`, size.toLocaleString("en"), String(Math.round(size / users))],
          [
            "seen on another day",
            `${again.toFixed(0)} µs`,
            after.toLocaleString("en"),
            String(Math.round(after / users)),
          ],
        ];
      },
    },
    {
      title: `Calls through the app's object, with ${users.toLocaleString("en")} users`,
      head: ["", "p50", "p99"],
      async rows() {
        let cursor = null;
        const lists = { first: {}, role: { role: "support" }, suspended: { status: "suspended" } };
        const word = ((users >> 1) * 7_919).toString(36);
        return [
          await rowOf("list: first page", () => listed(lists.first)),
          await rowOf("list: the next page each time", async () => (cursor = await listed({ cursor }))),
          await rowOf("list: by role", () => listed(lists.role)),
          await rowOf("list: suspended users", () => listed(lists.suspended)),
          await rowOf("search: one user by address", () => listed({ search: `.${word}@exa` })),
          await rowOf("search: a tenth of all users by name", () => listed({ search: "grace" })),
          await rowOf("search: a name and two digits", (index) => listed({ search: `ada ${index % 10}` }, 0)),
          await rowOf("count: all users", () => call("count", {})),
          await rowOf("count: a tenth of all users by name", () => call("count", { search: "grace" })),
        ];
      },
    },
  ];
}

/** The size of the largest database, through SQLite, because part of it may still be in its write-ahead log. */
async function sizeOf(folder) {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".sqlite"));
  const sizes = files.map((file) => {
    const database = new DatabaseSync(path.join(folder, file), { readOnly: true });
    try {
      database.exec("PRAGMA busy_timeout = 10000");
      const valueOf = (query) => Number(Object.values(database.prepare(query).get())[0]);
      return valueOf("PRAGMA page_count") * valueOf("PRAGMA page_size");
    } finally {
      database.close();
    }
  });
  return Math.max(...sizes);
}
