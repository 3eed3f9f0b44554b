import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createFairWork } from "../../../src/do/scheduling/create-fair-work.js";

let yields = 0;

beforeEach(() => {
  yields = 0;
  vi.stubGlobal("scheduler", {
    wait() {
      yields++;
      return Promise.resolve();
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

function start(work: (items: readonly string[]) => void) {
  const under: Promise<void>[] = [];
  const fair = createFairWork<string>({
    memberOf: (item) => item.charAt(0),
    work,
    waitUntil: (promise) => void under.push(promise),
  });
  return { fair, settled: () => Promise.allSettled(under) };
}

it("runs the items of a turn together, alternates between members, and yields between slices", async () => {
  const slices: (readonly string[])[] = [];
  const { fair, settled } = start((items) => void slices.push(items));
  const many = Array.from({ length: 100 }, (_, index) => `a${index}`);
  for (const item of [...many, "b0", "a0"]) fair.add(item);
  expect(slices).toEqual([]);
  await settled();
  expect(slices[0]?.slice(0, 3)).toEqual(["a0", "b0", "a1"]);
  expect(slices.flat().toSorted()).toEqual([...many, "b0"].toSorted());
  expect(slices.length).toBeGreaterThan(1);
  expect(yields).toBe(slices.length - 1);
});

it("continues with items that are added after its work failed", async () => {
  const done: string[] = [];
  const { fair, settled } = start((items) => {
    done.push(...items);
    if (items.includes("a1")) throw new Error("failed");
  });
  fair.add("a1");
  await settled();
  fair.add("a2");
  await settled();
  expect(done).toEqual(["a1", "a2"]);
});
