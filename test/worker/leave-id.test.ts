import { expect, it } from "vitest";
import { createLeaveId } from "../../src/worker/request/create-leave-id.js";

it("gives each request an id of its own, which starts with random bytes", () => {
  const ids = Array.from({ length: 1_000 }, createLeaveId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d+$/);
});
