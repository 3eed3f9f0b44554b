import fc from "fast-check";
import { expect, it } from "vitest";
import { createReadIndex } from "../../../src/do/live/read-index.js";
import type { Flush } from "../../../src/do/change-log/flush.js";
import type { Read } from "../../../src/do/tables/reads/read-recorder.js";

const ids = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"), { maxLength: 6 });
const read: fc.Arbitrary<Read> = fc.oneof(
  fc.record({ table: fc.constantFrom("notes", "tags") }),
  fc.record({
    table: fc.constantFrom("notes", "tags"),
    where: ids.map((values) => [{ column: "id", operator: "in" as const, values }]),
  }),
  fc.record({ table: fc.constantFrom("notes", "tags"), where: fc.constant([]), found: ids }),
);
const readers = [{ name: "one" }, { name: "two" }, { name: "three" }];

/** A flush that has updated one row. */
const updated = (table: string, id: string): Flush => ({
  from: { seq: 1, nonce: "" },
  tables: [table],
  concerns: () => true,
  net: () => [{ table, id, type: "update", cursor: { seq: 2, nonce: "" } }],
  page: () => ({ changes: [], next: undefined }),
});

it("stores a bounded number of rows and values, and finds at least the readers that a larger index finds", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ reader: fc.constantFrom(...readers), reads: fc.array(read, { maxLength: 4 }) }), {
        maxLength: 12,
      }),
      fc.nat({ max: 20 }),
      (steps, most) => {
        const bounded = createReadIndex<object>({ rows: () => new Map() }, most);
        const large = createReadIndex<object>({ rows: () => new Map() });
        for (const { reader, reads } of steps) {
          // The reads of one run are objects of their own.
          bounded.set(reader, structuredClone(reads));
          large.set(reader, structuredClone(reads));
          expect(bounded.entryCount()).toBeLessThanOrEqual(most);
          for (const table of ["notes", "tags"]) {
            for (const id of ["a", "d", "z"]) {
              const found = bounded.touched(updated(table, id));
              for (const each of large.touched(updated(table, id))) expect(found).toContain(each);
            }
          }
        }
        for (const reader of readers) bounded.remove(reader);
        expect(bounded.entryCount()).toBe(0);
      },
    ),
  );
});
