import { expect, it } from "vitest";
import { getUserDO } from "../../src/worker/get-user-do.js";

const namespace = {
  getByName: (name: string) => name,
  jurisdiction: (jurisdiction: string) => ({ getByName: (name: string) => `${name} in ${jurisdiction}` }),
};

it("returns a user's object by the user's id", () => {
  expect(getUserDO(namespace, { userId: "0".repeat(32) })).toBe(`user:${"0".repeat(32)}`);
});

it("returns the object of a user in the jurisdiction of the id", () => {
  const userId = `eu_${"0".repeat(32)}`;
  expect(getUserDO(namespace, { userId })).toBe(`user:${userId} in eu`);
});

const forged = [`mars_${"0".repeat(32)}`, "eu_0", `EU_${"0".repeat(32)}`];

it.each([...forged, "x y", "", "user:ada", "ada@example.com", "a".repeat(129)])(
  "rejects %j, which is not a user id",
  (userId) => {
    expect(() => getUserDO(namespace, { userId })).toThrow("is not a user id");
  },
);
