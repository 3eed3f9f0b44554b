import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../chaos/random.js";
import { createStorageFolder, type StorageFolder, type Process } from "./start-workerd.js";
import { signUp, subscribe, type User } from "./stock-subscriber.js";
import { createTcpProxy, type TcpProxy } from "./tcp-proxy.js";

const STEPS = 40;
const waiting = { timeout: 30_000, interval: 20 };

let storage: StorageFolder;
let proxy: TcpProxy;
let running: Process;

beforeAll(async () => {
  storage = await createStorageFolder();
  proxy = await createTcpProxy();
  running = await storage.start();
  proxy.target = running.port;
});

afterAll(async () => {
  await running.kill();
  await proxy.close();
  await storage.remove();
});

type Subscriber = ReturnType<typeof subscribe>;

/** Actions of the network, the platform and the app, one after the other. */
function createFaults(user: User, subscriber: Subscriber, random: ReturnType<typeof createRandom>) {
  let n = 0;
  const ids: string[] = [];

  const write = async (): Promise<void> => {
    for (const _ of random.times(8, () => 0)) ids.push(await user.http.write.mutate({ n: ++n }));
  };
  const remove = async (): Promise<void> => {
    const [id] = ids.splice(random.below(ids.length), 1);
    if (id !== undefined) await user.http.remove.mutate({ id });
  };

  return {
    write,
    faults: [
      write,
      write,
      remove,
      remove,
      async () => proxy.cut("fin"),
      async () => proxy.cut("reset"),
      async () => proxy.silence(),
      () => running.evict(user.userId),
      () => running.abort(),
    ],
    /** At rest it has received all changes once, in order, and never a reset. */
    async rest(): Promise<void> {
      const { entries } = await user.http.all.query();
      const table = new Map(entries.map((entry) => [entry.id, entry]));
      await expect.poll(() => subscriber.rows, waiting).toEqual(table);
      expect(subscriber.problems).toEqual([]);
    },
  };
}

describe("a stock client over an unreliable network", () => {
  it.each([1, 2, 3, 4, 5, 6])(`loses nothing in ${STEPS} steps with seed %i`, async (seed) => {
    const random = createRandom(seed);
    // Calls go directly to the process, because the network faults should affect the subscription only.
    const user = await signUp(() => running.port);
    const subscriber = subscribe(user, proxy.port);
    const { write, faults, rest } = createFaults(user, subscriber, random);
    await subscriber.started;
    // A stock client has no cursor before its first event.
    await write();
    await rest();
    for (let step = 1; step <= STEPS; step++) {
      await Promise.resolve(random.of(faults)());
      if (random.chance(0.15)) await rest();
    }
    await rest();
    subscriber.close();
  });
});
