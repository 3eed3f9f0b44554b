import { describe, expect, it } from "vitest";
import { createIdSequence, createUuidV7 } from "../../../src/do/tables/uuid-v7.js";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const now = Date.UTC(2026, 10, 30);

const timeOf = (id: string) => Number.parseInt(id.slice(0, 13).replace("-", ""), 16);
const sequence = () => createIdSequence(() => crypto.randomUUID());

describe("the ids of rows", () => {
  it("are UUIDs of version 7 with the time of their creation", () => {
    const create = sequence();
    for (let millisecond = 0; millisecond < 1_000; millisecond++) {
      const id = create(now + millisecond);
      expect(id).toMatch(UUID_V7);
      expect(timeOf(id)).toBe(now + millisecond);
    }
    expect(timeOf(createUuidV7(now))).toBeGreaterThanOrEqual(now);
  });

  it("increase within a millisecond, however many there are", () => {
    const create = sequence();
    const ids = Array.from({ length: 50_000 }, () => create(now));
    expect(ids.every((id) => UUID_V7.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  it("increase when the clock goes back", () => {
    const create = sequence();
    const ids = [now, now - 1_000, now + 1, now].map(create);
    expect(ids.toSorted()).toEqual(ids);
  });

  it("continue in the next millisecond when the counter overflows", () => {
    // The counter starts at its maximum.
    const create = createIdSequence(() => "ffffffff-ffff-4fff-bfff-123456789abc");
    expect([create(now), create(now), create(now + 1)].map(timeOf)).toEqual([now, now + 1, now + 2]);
    expect(create(now)).toMatch(/-7fff-bfff-123456789abc$/);
  });

  it("differ in at least 48 random bits between two objects with equal clocks", () => {
    const tails = Array.from({ length: 1_000 }, () => sequence()(now).slice(-12));
    expect(new Set(tails).size).toBe(tails.length);
    const counters = Array.from({ length: 1_000 }, () => sequence()(now).slice(14, 23));
    expect(new Set(counters).size).toBeGreaterThan(990);
  });
});
