import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryBudget, type MemoryShare, type MemoryUse } from "../../../src/do/sockets/memory-budget.js";

const uses = ["stored", "queued", "sent"] as const;
const limits: Record<MemoryUse, number> = { stored: 250, queued: 250, sent: 500 };

type Step =
  | { readonly do: "open"; readonly member: string }
  | {
      readonly do: "reserve" | "add" | "release";
      readonly share: number;
      readonly use: MemoryUse;
      readonly bytes: number;
    }
  | { readonly do: "wait"; readonly share: number }
  | { readonly do: "close"; readonly share: number };

const share = fc.nat({ max: 9 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("open" as const), member: fc.constantFrom("ada", "bob", "cy") }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom("reserve" as const, "add" as const, "release" as const),
      share,
      use: fc.constantFrom(...uses),
      bytes: fc.oneof(fc.nat({ max: 120 }), fc.constantFrom(0, 250, 600)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), share }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), share }) },
);

describe("the memory budget of an object", () => {
  it("counts exactly the bytes of its shares, over all orders of reserving, releasing and closing", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const budget = createMemoryBudget(1_000);
        const shares: { share: MemoryShare; held: Record<MemoryUse, number>; isOpen: boolean; woken: number }[] = [];
        const total = (use: MemoryUse): number => shares.reduce((sum, { held }) => sum + held[use], 0);
        for (const each of steps) {
          if (each.do === "open") {
            shares.push({
              share: budget.open(each.member, () => {}),
              held: { stored: 0, queued: 0, sent: 0 },
              isOpen: true,
              woken: 0,
            });
            continue;
          }
          const one = shares[each.share];
          if (!one) continue;
          if (each.do === "wait") one.share.whenRoom(() => void one.woken++);
          else if (each.do === "close") {
            one.share.close();
            one.isOpen = false;
            one.held = { stored: 0, queued: 0, sent: 0 };
          } else {
            const { use, bytes } = each;
            if (each.do === "reserve") {
              const before = total(use);
              const isReserved = one.share.reserve(use, bytes);
              if (isReserved) one.held[use] += bytes;
              // Beyond its part, only what is alone in it.
              if (isReserved && before > 0) expect(total(use)).toBeLessThanOrEqual(limits[use]);
              if (one.isOpen && before === 0) expect(isReserved).toBe(true);
            } else if (each.do === "add") {
              one.share.add(use, bytes);
              if (one.isOpen) one.held[use] += bytes;
            } else {
              one.share.release(use, bytes);
              one.held[use] = Math.max(0, one.held[use] - bytes);
            }
          }
          for (const use of uses) expect(budget.used(use)).toBe(total(use));
          expect(budget.used()).toBe(uses.reduce((sum, use) => sum + total(use), 0));
        }
        for (const { share } of shares) share.close();
        expect(budget.used()).toBe(0);
        expect(budget.isScarce()).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it("leaves room for every other member, whatever one of them takes", () => {
    const budget = createMemoryBudget(1_000);
    const hog = Array.from({ length: 40 }, () => budget.open("hog", () => {}));
    for (const each of hog) while (each.reserve("queued", 10)) expect(budget.used("queued")).toBeLessThanOrEqual(130);
    expect(budget.open("ada", () => {}).reserve("queued", 50)).toBe(true);
  });

  it("asks clients what they have read when a share waits, and wakes members in turn", () => {
    const budget = createMemoryBudget(1_000);
    const asked: string[] = [];
    const woken: string[] = [];
    const reader = budget.open("ada", () => void asked.push("ada"));
    budget.open("idle", () => void asked.push("idle"));
    reader.add("sent", 700);
    for (const name of ["bob 1", "bob 2", "cy 1"]) {
      const one = budget.open(name.slice(0, 3), () => void asked.push(name));
      expect(one.hasRoom("sent")).toBe(false);
      one.whenRoom(() => {
        woken.push(name);
        one.add("sent", 150);
      });
    }
    expect(asked).toEqual(["ada"]);
    expect(budget.isScarce()).toBe(true);
    reader.release("sent", 700);
    expect(woken).toEqual(["bob 1", "cy 1", "bob 2"]);
    expect(budget.isScarce()).toBe(false);
  });

  it("accepts a frame that is larger than the whole budget if it is alone", () => {
    const budget = createMemoryBudget(1_000);
    const [one, other] = [budget.open("ada", () => {}), budget.open("bob", () => {})];
    expect(one.hasRoom("sent")).toBe(true);
    one.add("sent", 5_000);
    let isWoken = false;
    expect(other.hasRoom("sent")).toBe(false);
    other.whenRoom(() => (isWoken = true));
    one.close();
    expect(isWoken).toBe(true);
    one.add("sent", 1);
    one.release("sent", 5_000);
    expect(budget.used()).toBe(0);
  });

  it("wakes those who wait when less is sent than room was kept for", () => {
    const budget = createMemoryBudget(1_000);
    const [one, other] = [budget.open("ada", () => {}), budget.open("bob", () => {})];
    one.add("sent", 500);
    let isWoken = false;
    other.whenRoom(() => (isWoken = true));
    one.replace("sent", 500, 10);
    expect(isWoken).toBe(true);
  });
});
