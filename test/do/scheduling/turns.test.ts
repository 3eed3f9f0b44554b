import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { costOf, createTurns } from "../../../src/do/scheduling/create-turns.js";

let pauses = 0;

// The runtime's own timer, which Node does not have as a global.
beforeEach(() => vi.stubGlobal("scheduler", { wait: () => Promise.resolve() }));
afterEach(() => vi.unstubAllGlobals());

/** Work that takes a millisecond of the clock for each unit, and records its member. */
function start() {
  let now = 1_000;
  pauses = 0;
  const done: string[] = [];
  const slices: string[][] = [[]];
  const turns = createTurns({
    block: async (work) => {
      pauses++;
      slices.push([]);
      await work();
    },
    now: () => now,
  });
  const add = (member: string, name: string, cost = 1): Promise<void> =>
    turns.run(member, cost, async () => {
      now += cost;
      done.push(name);
      slices.at(-1)?.push(name);
      await Promise.resolve();
    });
  return { add, done, slices, turns, rest: (ms: number) => void (now += ms) };
}

const many = (count: number, name: string): string[] => Array.from({ length: count }, (_, index) => `${name}${index}`);

describe("work of several members in turns", () => {
  it("runs at once while there is little of it", async () => {
    const { add, done } = start();
    const work = add("a", "a0");
    expect(done).toEqual(["a0"]);
    await work;
    expect(pauses).toBe(0);
  });

  it("runs at once after the object was idle", async () => {
    const { add, done, rest } = start();
    for (const name of many(100, "a")) {
      rest(2_000);
      await add("a", name);
    }
    expect(done).toEqual(many(100, "a"));
    expect(pauses).toBe(0);
  });

  it("runs for a later member before most of the work of an earlier one", async () => {
    const { add, done } = start();
    const busy = many(500, "a").map((name) => add("a", name));
    const quiet = add("b", "b0");
    await Promise.all([...busy, quiet]);
    expect(done.indexOf("b0")).toBeLessThan(20);
    expect(done).toHaveLength(501);
  });

  it("alternates between members also when one of them adds its next work only after the last", async () => {
    const { add, done } = start();
    const busy = many(300, "a").map((name) => add("a", name));
    const quiet = (async () => {
      for (const name of many(20, "b")) await add("b", name);
    })();
    await Promise.all([...busy, quiet]);
    expect(done.indexOf("b19")).toBeLessThan(80);
  });

  it("yields after a slice, of which the first takes longest", async () => {
    const { add, slices } = start();
    await Promise.all(many(300, "a").map((name) => add("a", name)));
    expect(Math.max(...slices.map(({ length }) => length))).toBeLessThanOrEqual(16);
    expect(pauses).toBeGreaterThan(10);
  });

  it("ends its slice early when it is expensive", async () => {
    const { add, slices } = start();
    await Promise.all(many(40, "a").map((name) => add("a", name, costOf(1_000_000))));
    expect(Math.max(...slices.map(({ length }) => length))).toBe(1);
  });

  it("is not delayed by work that awaits something else, or fails", async () => {
    const { turns, add, done } = start();
    const blocked = Promise.withResolvers<void>();
    const busy = many(50, "a").map((name) => add("a", name));
    const waiting = turns.run("b", 1, () => blocked.promise);
    const failing = turns.run("c", 1, () => Promise.reject(new Error("failed")));
    await expect(failing).rejects.toThrow("failed");
    await Promise.all([...busy, add("b", "b0")]);
    expect(done).toContain("b0");
    blocked.resolve();
    await waiting;
  });

  it("runs completely, and in order for each member", async () => {
    const units = fc.array(
      fc.record({ member: fc.constantFrom("a", "b", "c"), cost: fc.integer({ min: 1, max: 40 }) }),
    );
    await fc.assert(
      fc.asyncProperty(units, async (all) => {
        const { add, done } = start();
        await Promise.all(all.map(({ member, cost }, index) => add(member, `${member}${index}`, cost)));
        for (const member of ["a", "b", "c"]) {
          const own = all.flatMap((each, index) => (each.member === member ? [`${member}${index}`] : []));
          expect(done.filter((name) => name.startsWith(member))).toEqual(own);
        }
      }),
    );
  });
});
