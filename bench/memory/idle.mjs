// Measures the memory of idle objects and idle sockets: how far the process grows for each.
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startApp, vars } from "../app/start-app.mjs";
import { watchAll, watchMessage } from "../live/live-queries.mjs";
import { createHttpConnection, requestBytes } from "../runner/http-connection.mjs";
import { residentMemory } from "../runner/memory.mjs";
import { openSocketConnection } from "../runner/socket-connection.mjs";

const bareWorker = { worker: new URL("idle-bare.ts", import.meta.url), objects: { BARE_DO: "BareDO" }, hasGc: true };
const ourWorker = { worker: new URL("idle-worker.ts", import.meta.url), hasCheapPasswords: true, hasGc: true };

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const count = stage.size(200, 5);
  const head = ["", "awake, KiB", "ratio", "asleep, KiB"];
  const live = [watchMessage(1, "posts.latest")];
  return [
    {
      title: `Each of ${count} idle objects`,
      head,
      rows: async () =>
        toRows([
          ["bare object", await bareObjects(stage, count)],
          ["trpc-userdo", await ourObjects(stage, count)],
        ]),
    },
    {
      title: `Each of ${count} idle sockets of one object`,
      head,
      rows: async () =>
        toRows([
          ["bare socket", await bareSockets(stage, count)],
          ["trpc-userdo", await ourSockets(stage, count)],
          ["trpc-userdo, with a live query", await ourSockets(stage, count, live)],
        ]),
    },
  ];
}

function toRows(all) {
  const [[, base]] = all;
  const toKiB = (bytes) => (Math.max(0, bytes) / 1024).toFixed(1);
  return all.map(([name, { awake, asleep }]) => [
    name,
    toKiB(awake),
    `${(awake / base.awake).toFixed(2)}×`,
    toKiB(asleep),
  ]);
}

/**
 * Measures the growth by a first group that is awake, and the further growth by a second group after the first one fell
 * asleep. The second group uses the memory that the first one has freed, which the allocator would not return to the
 * kernel.
 *
 * @param {import("../runner/workerd.mjs").Server} server
 * @param {{ count: number, wake: (group: 0 | 1 | 2) => Promise<void>, evict: (group: 1) => Promise<void> }} groups group 0
 *   is not measured: the code is compiled by then
 */
async function measure(server, { count, wake, evict }) {
  await wake(0);
  const before = await settled(server);
  await wake(1);
  const awake = await settled(server);
  await evict(1);
  await settled(server);
  await wake(2);
  const both = await settled(server);
  await server.stop();
  return { awake: (awake - before) / count, asleep: (both - awake) / count };
}

/** @param {{ request: Buffer, name: string }[]} all the objects: a third of them for each group */
function measureObjects(stage, server, all, binding) {
  const connection = createHttpConnection(server.port);
  stage.onStop(connection.close);
  const count = all.length / 3;
  const group = (index) => all.slice(index * count, (index + 1) * count);
  return measure(server, {
    count,
    async wake(index) {
      for (const { request } of group(index)) {
        const { status, body } = await connection.send(request);
        if (status !== 200) throw new Error(`${server.name} answered ${status}: ${body}`);
      }
    },
    async evict(index) {
      for (const { name } of group(index)) await server.evict(binding, name);
    },
  });
}

async function bareObjects(stage, count) {
  const server = await stage.start({ name: "bare object", ...bareWorker });
  const names = Array.from({ length: 3 * count }, (_, index) => `/object${index}`);
  const all = names.map((name) => ({ name, request: requestBytes("GET", name) }));
  return measureObjects(stage, server, all, "BARE_DO");
}

/** Signs the users up in one process, and wakes their objects in another one, whose memory no sign-up has used. */
async function ourObjects(stage, count) {
  const storage = await mkdtemp(path.join(os.tmpdir(), "userdo-idle-"));
  stage.onStop(() => rm(storage, { recursive: true, force: true }));
  const app = await startApp(stage, { ...ourWorker, storage });
  const all = [];
  for (let index = 0; index < 3 * count; index++) {
    const { headers, userId } = await app.signUp(`user${index}@example.com`);
    all.push({ name: `user:${userId}`, request: requestBytes("GET", "/trpc/posts.latest", headers) });
  }
  await app.server.stop();
  const objects = { BLOG_DO: "BlogDO" };
  const server = await stage.start({ name: "trpc-userdo", objects, vars, ...ourWorker, storage });
  return measureObjects(stage, server, all, "BLOG_DO");
}

async function bareSockets(stage, count) {
  const server = await stage.start({ name: "bare socket", ...bareWorker });
  return measureSockets(stage, server, {
    count,
    open: (group) => openSocketConnection(server.port, `/object${group}`),
    evict: (group) => server.evict("BARE_DO", `/object${group}`),
  });
}

async function ourSockets(stage, count, messages = []) {
  const app = await startApp(stage, ourWorker);
  const users = [app, await app.signUp("bob@example.com"), await app.signUp("eve@example.com")];
  return measureSockets(stage, app.server, {
    count,
    async open(group) {
      const connection = await openSocketConnection(app.server.port, "/trpc", users[group].headers);
      if (messages.length > 0) await watchAll(connection, messages);
      return connection;
    },
    evict: (group) => app.server.evict("BLOG_DO", `user:${users[group].userId}`),
  });
}

/** Each group has its own object. */
function measureSockets(stage, server, { count, open, evict }) {
  return measure(server, {
    count,
    async wake(group) {
      for (let index = 0; index < count; index++) stage.onStop((await open(group)).close);
    },
    evict,
  });
}

/** The memory of the process after its garbage was collected, in bytes. */
async function settled(server) {
  for (let round = 0; round < 3; round++) {
    const { ok } = await fetch(`http://127.0.0.1:${server.port}/gc`);
    if (!ok) throw new Error("The garbage was not collected.");
    await sleep(100);
  }
  return residentMemory(server.pid);
}
