import { expect, it } from "vitest";
import { getUserDO } from "../../src/worker/get-user-do.js";

const namespace = { getByName: (name: string) => name };

it("returns a user's object by the user's id", () => {
  expect(getUserDO(namespace, { userId: "0".repeat(32) })).toBe(`user:${"0".repeat(32)}`);
});

it.each(["x y", "", "user:ada", "ada@example.com", "a".repeat(129)])("rejects %j, which is not a user id", (userId) => {
  expect(() => getUserDO(namespace, { userId })).toThrow("is not a user id");
});
