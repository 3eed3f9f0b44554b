import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStorageFolder, type StorageFolder, type Process } from "./start-workerd.js";
import { signUp, subscribe } from "./stock-subscriber.js";
import { createTcpProxy, type TcpProxy } from "./tcp-proxy.js";

const KILLS = 20;
const WRITERS = 8;

let storage: StorageFolder;
let proxy: TcpProxy;
let running: Process;

/** The proxy's port stays the same when one process replaces another. */
async function start(build?: 1 | 2): Promise<void> {
  running = await storage.start(build);
  proxy.target = running.port;
}

beforeAll(async () => {
  storage = await createStorageFolder();
  proxy = await createTcpProxy();
});

afterAll(async () => {
  await running.kill();
  await proxy.close();
  await storage.remove();
});

const waiting = { timeout: 30_000, interval: 20 };

describe("a process that dies, and another one that takes over its storage", () => {
  it(`lose no acknowledged write and resume the subscriber after ${KILLS} kills in the middle of writes`, async () => {
    await start();
    const user = await signUp(() => proxy.port);
    const subscriber = subscribe(user, proxy.port);
    await subscriber.started;
    await user.http.write.mutate({ n: 0 });
    await expect.poll(() => subscriber.events(), waiting).toBe(1);

    const acknowledged = new Set([0]);
    let sent = 0;
    let lost = 0;
    let over = false;
    const writers = Array.from({ length: WRITERS }, async () => {
      while (!over) {
        const n = ++sent;
        try {
          await user.http.write.mutate({ n });
          acknowledged.add(n);
        } catch {
          // The write may or may not be stored; the assertions below check that it is all or nothing.
          lost++;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
    });
    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = acknowledged.size + 5 + ((kill * 37) % 50);
      await expect.poll(() => acknowledged.size, waiting).toBeGreaterThanOrEqual(enough);
      await running.kill();
      await start();
    }
    over = true;
    await Promise.all(writers);

    const { entries, mirror } = await user.http.all.query();
    const stored = entries.map(({ n }) => n).toSorted((a, b) => a - b);
    expect(mirror.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(stored);
    expect(new Set(stored).size).toBe(stored.length);
    expect([...acknowledged].filter((n) => !stored.includes(n))).toEqual([]);
    await expect.poll(() => subscriber.rows.size, waiting).toBe(entries.length);
    expect(subscriber.rows).toEqual(new Map(entries.map((entry) => [entry.id, entry])));
    expect(subscriber.problems).toEqual([]);
    expect(subscriber.events()).toBe(entries.length);
    expect(subscriber.connections()).toBeGreaterThan(KILLS / 2);
    console.log(`killed ${KILLS}: ${acknowledged.size} acknowledged, ${stored.length} stored, ${lost} unanswered`);
    subscriber.close();
  });

  it("resume the subscription over the same storage after a deploy that adds a field", async () => {
    await running.kill();
    await start(1);
    const user = await signUp(() => proxy.port);
    const subscriber = subscribe(user, proxy.port);
    await subscriber.started;
    const first = await user.http.write.mutate({ n: 1 });
    const second = await user.http.write.mutate({ n: 2 });
    await expect.poll(() => subscriber.events(), waiting).toBe(2);
    await running.kill();

    await start(2);
    expect(await user.http.build.query()).toBe(2);
    await user.http.annotate.mutate({ id: first, note: "written by the second build" });
    await user.http.remove.mutate({ id: second });
    const third = await user.http.write.mutate({ n: 3 });
    await expect.poll(() => [...subscriber.rows.keys()].toSorted(), waiting).toEqual([first, third].toSorted());
    expect(subscriber.rows.get(first)).toMatchObject({ n: 1, note: "written by the second build" });
    const { entries } = await user.http.all.query();
    expect(subscriber.rows).toEqual(new Map(entries.map((entry) => [entry.id, entry])));
    expect(subscriber.problems).toEqual([]);
    subscriber.close();
  });
});
