import fc from "fast-check";
import { expect, it } from "vitest";
import { createIdSet, matchesRow } from "../../../src/do/change-log/row-filter.js";

it.each([
  [undefined, "anything", true],
  [{ id: "a" }, "a", true],
  [{ id: "a" }, "ab", false],
  [{ id: "toString" }, "toString", true],
  [{ prefix: "a:" }, "a:1", true],
  [{ prefix: "a:" }, "a:", true],
  [{ prefix: "a:" }, "a", false],
  [{ prefix: "a:" }, "b a:", false],
  [{ prefix: "" }, "anything", true],
  [{ prefix: "%" }, "anything", false],
  [{ prefixes: ["b:", "a:"] }, "a:1", true],
  [{ prefixes: ["b:", "a:"] }, "c:1", false],
  [{ prefixes: [] }, "a:1", false],
])("matches filter %j with %j: %j", (filter, id, expected) => {
  expect(matchesRow(filter, id)).toBe(expected);
});

it("matches a set of ids like each of them", () => {
  const id = fc.string({ unit: fc.constantFrom("a", "b", ":", "\u{1F600}", "\uFFFF"), maxLength: 4 });
  const filter = fc.oneof(
    id.map((value) => ({ id: value })),
    id.map((prefix) => ({ prefix })),
    fc.array(id, { maxLength: 3 }).map((prefixes) => ({ prefixes })),
  );
  fc.assert(
    fc.property(fc.array(id, { maxLength: 8 }), fc.array(filter, { maxLength: 8 }), (ids, filters) => {
      const set = createIdSet(ids);
      for (const each of filters) expect(set.matches(each)).toBe(ids.some((value) => matchesRow(each, value)));
    }),
    { numRuns: 500 },
  );
});
