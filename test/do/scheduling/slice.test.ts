import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSlice, type Slice } from "../../../src/do/scheduling/time-slice.js";

// The runtime's own timer, which Node does not have as a global.
beforeEach(() => vi.stubGlobal("scheduler", { wait: () => Promise.resolve() }));
afterEach(() => vi.unstubAllGlobals());

function unitsOf(slice: Slice): number {
  let units = 0;
  for (; !slice.isOver(); units++) slice.spend();
  return units;
}

it("gives the next slice more units after a short one, and fewer after a long one", async () => {
  let now = 0;
  const slice = createSlice(() => now);
  const first = unitsOf(slice);
  await slice.next();
  const second = unitsOf(slice);
  expect(second).toBe(2 * first);
  now += 16;
  await slice.next();
  expect(unitsOf(slice)).toBe(second / 2);
});

it("always includes a few units, however long they took", async () => {
  let now = 0;
  const slice = createSlice(() => now);
  for (let round = 0; round < 5; round++) {
    now += 60_000;
    await slice.next();
    expect(slice.rest()).toBe(4);
    expect(unitsOf(slice)).toBe(4);
  }
});

it("does not give fewer units where the yield itself takes long", async () => {
  let now = 0;
  vi.stubGlobal("scheduler", {
    wait() {
      now += 50;
      return Promise.resolve();
    },
  });
  const slice = createSlice(() => now);
  const first = unitsOf(slice);
  await slice.next();
  expect(unitsOf(slice)).toBe(2 * first);
});
