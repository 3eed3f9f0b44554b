import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openRaw, type RawClient } from "./raw-client.js";
import { signUp } from "./stock-subscriber.js";
import { useProcess } from "./use-process.js";

const MIB = 1_048_576;
/** The default of `sockets.memoryBytes`. */
const BUDGET = 32 * MIB;
/** Memory of buffers and garbage. V8 collects garbage late, because an isolate may take 128 MiB. */
const RUNTIME = 128 * MIB;

const ROWS = 100;
const ROW = 800_000;

const running = useProcess();

/** The field of the process's status, in bytes. */
function memoryOf(field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${running.pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1]) * 1024;
}

const subscribe = (client: RawClient, lastEventId?: string): void =>
  client.send({
    payload: JSON.stringify({ id: 1, method: "subscription", params: { path: "notes", input: {}, lastEventId } }),
  });

/** Answers each PING, discards the data, and counts the events. */
function read(client: RawClient): () => number {
  let events = 0;
  client.socket.on("data", () => {
    for (const text of client.received.splice(0)) {
      if (text === "PING") client.send({ payload: "PONG" });
      else if (text.includes('"type":"data"')) events++;
    }
  });
  return () => events;
}

it("resumes many sockets after a gap of long rows within the memory budget", async () => {
  const user = await signUp(() => running.port);
  const first = await openRaw(running.port, user.cookie());
  subscribe(first);
  await expect.poll(() => first.received.length).toBe(1);
  await user.http.writeNotes.mutate({ count: 1, bytes: 10 });
  await expect.poll(() => first.received.length).toBe(2);
  const { result } = JSON.parse(first.received[1] ?? "") as { result: { id: string } };
  first.socket.destroy();
  for (let n = 0; n < ROWS; n += 10) await user.http.writeNotes.mutate({ count: 10, bytes: ROW });

  const clients = await Promise.all(Array.from({ length: 3 }, () => openRaw(running.port, user.cookie())));
  // Resets the peak to the memory that is resident now.
  writeFileSync(`/proc/${running.pid}/clear_refs`, "5");
  const before = memoryOf("VmRSS");
  const counts = clients.map(read);
  for (const client of clients) subscribe(client, result.id);
  await expect.poll(() => counts.map((count) => count()), { timeout: 60_000 }).toEqual([ROWS, ROWS, ROWS]);
  expect(memoryOf("VmHWM") - before).toBeLessThan(BUDGET + RUNTIME);
}, 120_000);
