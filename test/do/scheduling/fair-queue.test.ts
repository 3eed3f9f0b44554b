import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFairQueue } from "../../../src/do/scheduling/create-fair-queue.js";

function takeAll(queue: ReturnType<typeof createFairQueue<string>>): string[] {
  const taken: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item);
  return taken;
}

describe("createFairQueue", () => {
  it("returns one item of each member in turn, and each member's oldest first", () => {
    const queue = createFairQueue<string>();
    for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.add(item.charAt(0), item);
    expect(takeAll(queue)).toEqual(["a1", "b1", "c1", "a2", "c2", "a3"]);
    expect(queue.size()).toBe(0);
  });

  it("keeps the place of an item that is added again, and removes one that is deleted", () => {
    const queue = createFairQueue<string>();
    for (const item of ["a1", "a2", "a1", "b1"]) queue.add(item.charAt(0), item);
    queue.delete("a2");
    queue.delete("unknown");
    expect(queue.has("a1")).toBe(true);
    expect(queue.has("a2")).toBe(false);
    expect(takeAll(queue)).toEqual(["a1", "b1"]);
  });

  it("serves every waiting member before it serves one of them again", () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant("add" as const), member: fc.integer({ min: 0, max: 4 }), item: fc.nat(20) }),
      fc.record({ type: fc.constant("take" as const) }),
      fc.record({ type: fc.constant("delete" as const), member: fc.integer({ min: 0, max: 4 }), item: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = createFairQueue<string>();
        const waiting = new Map<string, string[]>();
        /** How many items of others were served since a member began to wait. */
        const passedOver = new Map<string, Set<string>>();
        for (const each of steps) {
          if (each.type === "take") {
            const item = queue.take();
            const [member = ""] = item?.split(":") ?? [];
            expect(item).toBe(waiting.get(member)?.shift());
            passedOver.delete(member);
            for (const [other, items] of waiting) {
              if (other === member || items.length === 0) continue;
              const served = passedOver.get(other) ?? new Set();
              expect(served.has(member)).toBe(false);
              passedOver.set(other, served.add(member));
            }
            continue;
          }
          const member = String(each.member);
          const item = `${member}:${each.item}`;
          const items = waiting.get(member) ?? [];
          waiting.set(member, items);
          if (each.type === "add") {
            if (!items.includes(item)) items.push(item);
            queue.add(member, item);
          } else {
            if (items.includes(item)) items.splice(items.indexOf(item), 1);
            if (items.length === 0) passedOver.delete(member);
            queue.delete(item);
          }
        }
        expect(queue.size()).toBe([...waiting.values()].flat().length);
      }),
    );
  });
});
