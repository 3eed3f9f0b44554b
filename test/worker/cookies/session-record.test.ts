import { describe, expect, it } from "vitest";
import { refreshTokenOf } from "../../../src/jwt/refresh-token.js";
import { createSessionId } from "../../../src/do/accounts/sessions/session-row.js";
import { limits } from "../../../src/shared/limits.js";
import { compareSessionIds, isTimeOrdered } from "../../../src/shared/session-id.js";
import { readRecords } from "../../../src/worker/cookies/session-record.js";

const prefix = "__Host-userdo-";
const userId = "a".repeat(32);
const random = ["f".repeat(32), "0123456789abcdef0123456789abcdef"] as const;
const options = { secrets: { current: "a secret of this test, 32 bytes long" }, audience: "BLOG_DO" };
const tokenOf = (sessionId: string, generation = 0) => refreshTokenOf({ userId, sessionId, generation }, options);

describe("the ids of sessions", () => {
  it("sort by their creation, also within a millisecond", () => {
    const ids = Array.from({ length: 1_000 }, createSessionId);
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(ids.every(isTimeOrdered)).toBe(true);
    expect(ids.toSorted(compareSessionIds)).toEqual(ids);
  });

  it("of an earlier version sort before all others", () => {
    const id = createSessionId();
    for (const old of random) {
      expect(isTimeOrdered(old)).toBe(false);
      expect(compareSessionIds(old, id)).toBeLessThan(0);
      expect(compareSessionIds(id, old)).toBeGreaterThan(0);
      expect(compareSessionIds(old, old)).toBe(0);
    }
    expect(compareSessionIds(random[0], random[1])).toBe(-compareSessionIds(random[1], random[0]));
  });
});

describe("the session records among a request's cookies", () => {
  it("are sorted by newest session, the replaced record first, then by newest generation", async () => {
    const [older, newer] = [createSessionId(), createSessionId()];
    const cookies = {
      [`${prefix}session-${random[0]}-0`]: await tokenOf(random[0]),
      [`${prefix}session-${older}-10`]: await tokenOf(older, 10),
      [`${prefix}session-${newer}-9`]: await tokenOf(newer, 9),
      [`${prefix}session-${newer}-10`]: await tokenOf(newer, 10),
      [`${prefix}session-${newer}-replaced`]: "mark",
      theme: "dark",
    };
    expect(readRecords(cookies, prefix).map(({ sessionId, ...rest }) => [sessionId, { ...rest, value: "" }])).toEqual([
      [newer, { type: "replaced", value: "" }],
      [newer, { type: "token", generation: 10, value: "" }],
      [newer, { type: "token", generation: 9, value: "" }],
      [older, { type: "token", generation: 10, value: "" }],
      [random[0], { type: "token", generation: 0, value: "" }],
    ]);
  });

  it.each([
    ["another prefix", (id: string) => `__Host-other-session-${id}-0`],
    ["no prefix that binds it to the host", (id: string) => `userdo-session-${id}-0`],
    ["another session", () => `${prefix}session-${createSessionId()}-0`],
    ["another generation", (id: string) => `${prefix}session-${id}-1`],
    ["a generation with a leading zero", (id: string) => `${prefix}session-${id}-00`],
    ["a longer name", (id: string) => `${prefix}session-${id}-0-`],
    ["no generation", (id: string) => `${prefix}session-${id}`],
    ["an id in capitals", (id: string) => `${prefix}session-${id.toUpperCase()}x-0`],
    ["a name with a space before it", (id: string) => ` ${prefix}session-${id}-0`],
  ])("do not include those of %s", async (_what, nameOf) => {
    const id = createSessionId();
    expect(readRecords({ [nameOf(id)]: await tokenOf(id) }, prefix)).toEqual([]);
  });

  it("do not include values that do not have the form of a refresh token", () => {
    const id = createSessionId();
    for (const value of ["", "x", `${userId}.${id}.0.short`, "%", undefined]) {
      expect(readRecords({ [`${prefix}session-${id}-0`]: value }, prefix)).toEqual([]);
    }
  });

  it("are limited to the newest ones", async () => {
    const ids = Array.from({ length: 30 }, createSessionId);
    const pairs = await Promise.all(ids.map(async (id) => [`${prefix}session-${id}-0`, await tokenOf(id)] as const));
    const read = readRecords(Object.fromEntries(pairs), prefix);
    expect(read.map(({ sessionId }) => sessionId)).toEqual(ids.toReversed().slice(0, limits.sessionRecords));
  });
});
