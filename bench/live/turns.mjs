// Measures how long the calls of a quiet member of an organization wait while another member sends many messages.
import { setTimeout as sleep } from "node:timers/promises";
import { startApp } from "../app/start-app.mjs";
import { frameBytes } from "../runner/socket-connection.mjs";
import { openClient } from "./open-client.mjs";

/** @param {import("../runner/run-benchmark.mjs").Stage} stage */
export async function prepare(stage) {
  const app = await startApp(stage, { worker: new URL("turns-worker.ts", import.meta.url) });
  const busy = app;
  const quiet = await app.signUp("bob@example.com");
  await retry(async () => {
    const tokens = await app.query("tokens");
    if (tokens.length < 2) throw new Error("The mails are not sent yet.");
    for (const token of tokens) await Promise.allSettled([quiet.mutate("auth.verifyEmail", { token })]);
  });
  const { id: organizationId } = await busy.mutate("organizations.create", { name: "Acme" });
  await busy.mutate("organizations.invitations.create", { organizationId, email: "bob@example.com", role: "owner" });
  await retry(async () => {
    const [{ invitationId }] = await quiet.query("organizations.list");
    await quiet.mutate("organizations.invitations.accept", { invitationId });
  });

  const open = ({ headers }) => openClient(stage, app.server, headers, `/trpc?organizationId=${organizationId}`);
  const message = (id, method, path, input) => ({
    id,
    method,
    params: { path, input: { json: { organizationId, ...input } } },
  });
  const count = stage.size(10_000, 200);
  const numbers = (length) => Array.from({ length }, (_, index) => index + 1);
  const frames = {
    queries: (n) => [message(n, "query", "list")],
    "queries that fail": (n) => [message(n, "query", "nothing")],
    "subscriptions that start and stop": (n) => [
      message(n, "subscription", "changes"),
      { id: n, method: "subscription.stop" },
    ],
  };
  const kinds = [
    ...Object.entries(frames).map(([kind, of]) => ({
      kind: `frames of ${kind}`,
      frames: numbers(count).map((n) => JSON.stringify(of(n))),
    })),
    { kind: "frames that are not JSON", frames: numbers(count).map(() => "{garbage") },
    {
      kind: "a heavy query in each frame",
      frames: numbers(count / 20).map((n) => JSON.stringify(message(n, "query", "heavy"))),
    },
    {
      kind: "heavy queries, 8 in a frame",
      frames: numbers(count / 160 || 1).map(() => JSON.stringify(numbers(8).map((n) => message(n, "query", "heavy")))),
    },
    {
      kind: "queries, 500 in a frame",
      frames: numbers(count / 500 || 1).map(() => JSON.stringify(numbers(500).map((n) => frames.queries(n)[0]))),
    },
    {
      kind: "queries of 200 KB, 8 in a frame",
      frames: numbers(count / 250 || 1).map(() =>
        JSON.stringify(numbers(8).map((n) => message(n, "query", "echo", { text: "x".repeat(200_000) }))),
      ),
    },
  ];
  const sockets = stage.size([8, 64], [2]);

  return [
    {
      title: "Calls of a quiet member while another one sends 10,000 messages",
      head: ["messages", "sockets", "calls", "median wait, ms", "longest", "idle, ms", "CPU ms", "closed"],
      async rows() {
        const rows = [];
        for (const { kind, frames: all } of kinds) {
          for (const size of sockets) {
            const idle = await open(quiet);
            const probe = startProbe(idle, message);
            await sleep(stage.size(500, 20));
            const before = await probe.stop();
            const clients = await Promise.all(numbers(size).map(() => open(busy)));
            const probing = startProbe(idle, message);
            const started = app.server.cpuTime();
            for (const [index, client] of clients.entries()) {
              const own = all.filter((_, n) => n % size === index);
              if (own.length > 0) client.sendAll(Buffer.concat(own.map((text) => frameBytes(text))));
            }
            await Promise.all(clients.map((client) => client.untilQuiet()));
            const waits = await probing.stop();
            const cpu = (app.server.cpuTime() - started) / 1e6;
            rows.push([
              kind,
              String(size),
              String(waits.length),
              median(waits).toFixed(1),
              Math.max(...waits).toFixed(0),
              median(before).toFixed(1),
              cpu.toFixed(0),
              String(clients.filter(({ seen }) => seen.isClosed).length),
            ]);
            for (const client of [...clients, idle]) client.close();
          }
        }
        return rows;
      },
    },
  ];
}

/** Makes one call after the other until it is stopped, and returns how long each waited, in milliseconds. */
function startProbe(client, message) {
  const waits = [];
  let isDone = false;
  const probe = async () => {
    for (let id = client.seen.data + 1; !isDone; id++) {
      const sentAt = performance.now();
      client.send(JSON.stringify(message(id, "query", "echo", { text: "here" })));
      await client.until(({ data }) => data >= id);
      waits.push(performance.now() - sentAt);
      await sleep(2);
    }
  };
  const probing = probe();
  return {
    async stop() {
      isDone = true;
      await probing;
      return waits;
    },
  };
}

function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

async function retry(work) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (cause) {
      if (attempt > 100) throw cause;
      await sleep(50);
    }
  }
}
