import { expect, it } from "vitest";
import { createChangeHub } from "../../../src/do/sockets/change-hub.js";

it("P1 whoever listens is told of a flush, also when another fails at it", () => {
  let seq = 1;
  const hub = createChangeHub({
    log: {
      head: () => ({ seq, nonce: "0123456789abcdef" }),
      check: () => true,
      read: () => [],
      tablesIn: () => ["posts"],
    },
    rows: () => new Map(),
  });
  const told: string[] = [];
  hub.onFlush(() => {
    throw new Error("Its rows could not be read.");
  });
  hub.onFlush(({ tables }) => void told.push(...tables));
  seq = 2;
  expect(() => hub.flush()).toThrow("Its rows could not be read.");
  expect(told).toEqual(["posts"]);
  expect(hub.head().seq).toBe(2);
});
