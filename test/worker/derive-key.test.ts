import { describe, expect, it } from "vitest";
import type { Caller } from "../../src/shared/caller.js";
import { createKeyDerivation } from "../../src/worker/derive-key.js";

const ada: Caller = { type: "user", userId: "ada", via: "rpc" };
const ben: Caller = { type: "user", userId: "ben", via: "rpc" };
const call = { owner: "organization:ours", path: "tasks.create", input: { organizationId: "ours" } };

describe("the keys that are derived from a key", () => {
  it("do not depend on the order of calls by several users", async () => {
    const first = createKeyDerivation("key");
    const keys = [await first({ ...call, caller: ada }), await first({ ...call, caller: ben })];
    const repeat = createKeyDerivation("key");
    const again = [await repeat({ ...call, caller: ben }), await repeat({ ...call, caller: ada })];
    expect(again.toReversed()).toEqual(keys);
    expect(new Set(keys).size).toBe(2);
  });

  it("differ for a call that is made twice, and are the same for a repeat of both", async () => {
    const derive = (derived = createKeyDerivation("key")) =>
      Promise.all([derived({ ...call, caller: ada }), derived({ ...call, caller: ada })]);
    const keys = await derive();
    expect(new Set(keys).size).toBe(2);
    expect(await derive()).toEqual(keys);
  });
});
