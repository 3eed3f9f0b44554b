import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryKey, formatPosition, parsePosition } from "../../../src/do/directory/entry-key.js";
import { mergePages } from "../../../src/do/directory/merge-pages.js";
import { shardOf } from "../../../src/do/directory/shard-of.js";
import { randomId } from "../../../src/shared/random-id.js";

const entry = (id: string, key: number, version = 1) => ({ id, key, version });

describe("shards", () => {
  it.each([
    ["0123456789abcdef0123456789abcdef", 4, 2],
    ["ffffffffffffffffffffffffffffffff", 4, 2],
    ["a", 16, 3],
    ["b", 16, 2],
  ])("stores the entry of %s of %i shards always in the same one", (id, shards, shard) => {
    expect(shardOf(id, shards)).toBe(shard);
  });

  it("spreads ids evenly", () => {
    const counts = Array.from({ length: 8 }, () => 0);
    for (let index = 0; index < 8_000; index++) {
      const shard = shardOf(randomId(), 8);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(200);
  });
});

describe("merged pages", () => {
  it.each([
    ["no shard has entries", [[], []], 2, [], undefined],
    ["one shard has all entries", [[entry("a", 3), entry("b", 2), entry("c", 1)], []], 2, ["a", "b"], "b"],
    [
      "shards alternate",
      [
        [entry("a", 4), entry("c", 2)],
        [entry("b", 3), entry("d", 1)],
      ],
      3,
      ["a", "b", "c"],
      "c",
    ],
    ["the last page is full", [[entry("a", 4)], [entry("b", 3)]], 2, ["a", "b"], undefined],
    ["keys are equal", [[entry("b", 1)], [entry("a", 1)], [entry("c", 1)]], 2, ["a", "b"], "b"],
    ["two shards have the same user", [[entry("a", 2), entry("b", 1)], [entry("a", 2, 5)]], 1, ["a"], "a"],
  ])("lists the newest entries first when %s", (_case, pages, limit, ids, next) => {
    const merged = mergePages(pages, limit);
    expect(merged.entries.map(({ id }) => id)).toEqual(ids);
    expect(merged.next?.id).toBe(next);
  });

  it("lists the newer of two entries of the same user", () => {
    const { entries } = mergePages([[entry("a", 2, 1)], [entry("a", 2, 5)], [entry("a", 2, 3)]], 5);
    expect(entries).toEqual([entry("a", 2, 5)]);
  });

  it("reads each entry once, however many shards and pages there are", () => {
    const ids = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), fc.integer({ min: 1, max: 6 })), {
      selector: ([id]) => id,
    });
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), (all, shards, limit) => {
        const stored = Array.from({ length: shards }, (_, shard) =>
          all
            .filter(([id]) => shardOf(id, shards) === shard)
            .map(([id, key]) => entry(id, key))
            .toSorted((one, other) => other.key - one.key || (one.id < other.id ? -1 : 1)),
        );
        const read: string[] = [];
        for (let cursor: string | undefined, page = 0; page <= all.length; page++) {
          const after = cursor === undefined ? undefined : parsePosition(cursor);
          const pages = stored.map((each) =>
            each
              .filter(({ key, id }) => !after || key < after.key || (key === after.key && id > after.id))
              .slice(0, limit + 1),
          );
          const { entries, next } = mergePages(pages, limit);
          read.push(...entries.map(({ id }) => id));
          if (!next) break;
          cursor = formatPosition(next);
        }
        const expected = all.toSorted(([one, key], [other, otherKey]) => otherKey - key || (one < other ? -1 : 1));
        expect(read).toEqual(expected.map(([id]) => id));
      }),
    );
  });
});

describe("cursors", () => {
  it("returns to the position that they were made from", () => {
    const position = { key: entryKey("a_b-c", Date.now()), id: "a_b-c" };
    expect(parsePosition(formatPosition(position))).toEqual(position);
  });

  it.each(["", ".", "a", "a.", ".a", "zzzzzzzzzzz.a", "1.a b", "1.a'", "-1.a", "1.a.b", `1.${"a".repeat(129)}`])(
    "rejects %j",
    (cursor) => {
      expect(() => parsePosition(cursor)).toThrow(expect.objectContaining({ reason: "CURSOR_INVALID" }));
    },
  );
});
