import fc from "fast-check";
import { expect, it } from "vitest";
import type { Flush } from "../../../src/do/change-log/flush.js";
import type { NetChange } from "../../../src/do/change-log/fold-changes.js";
import { matchesRow, type RowFilter } from "../../../src/do/change-log/row-filter.js";
import type { StoredSubscription } from "../../../src/do/connections/attachment.js";
import { createReadIndex } from "../../../src/do/live/read-index.js";
import type { StoredRow } from "../../../src/do/tables/query/rows-by-id.js";
import type { SimpleCondition } from "../../../src/do/tables/query/simple-condition.js";
import type { Read } from "../../../src/do/tables/reads/read-recorder.js";
import { changedKeys, createKeyCollector, wakeKeysOf } from "../../../src/do/sockets/wake-keys.js";

const small = fc.constantFrom("a", "aa", "b", "ab", "c");
const value = fc.oneof(small, fc.constantFrom(0, 1, -0, 2), fc.constant(null));
const condition: fc.Arbitrary<SimpleCondition> = fc.oneof(
  fc.record({ column: fc.constantFrom("list", "rank"), operator: fc.constant("==" as const), values: fc.tuple(value) }),
  fc.record({
    column: fc.constantFrom("id", "list"),
    operator: fc.constant("in" as const),
    values: fc.array(small, { maxLength: 3 }),
  }),
  fc.record({ column: fc.constant("id"), operator: fc.constantFrom("==", "startsWith"), values: fc.tuple(small) }),
  fc.record({ column: fc.constant("rank"), operator: fc.constantFrom(">", "!="), values: fc.tuple(fc.nat(2)) }),
);
const read: fc.Arbitrary<Read> = fc.record({
  table: fc.constantFrom("notes", "tags", "*"),
  where: fc.option(fc.array(condition, { maxLength: 2 }), { nil: undefined }),
  found: fc.option(fc.array(small, { maxLength: 3 }), { nil: undefined }),
});
const row = fc.record({ list: value, rank: value }, { requiredKeys: [] });
const change = fc.record({ id: small, type: fc.constantFrom("create", "update", "delete"), row });

interface Written {
  readonly id: string;
  readonly type: NetChange["type"];
  readonly row: StoredRow;
}

/** A flush of changes to one table; values that are not known are missing from the rows. */
function flushOf(table: string, written: readonly Written[]) {
  const cursor = { seq: 2, nonce: "" };
  const flush: Flush = {
    from: { seq: 1, nonce: "" },
    tables: [table],
    concerns: (_table, filter) => written.some(({ id }) => matchesRow(filter, id)),
    net: () => written.map(({ id, type }) => ({ table, id, type, cursor })),
    page: () => ({ changes: [], next: undefined }),
  };
  const stored = new Map<string, StoredRow>(written.map(({ id, row: values }) => [id, values]));
  return { flush, rows: (name: string) => (name === "tags" ? undefined : stored) };
}

function isConcerned(stored: StoredSubscription, { flush, rows }: ReturnType<typeof flushOf>): boolean {
  const collector = createKeyCollector();
  collector.addAll(wakeKeysOf(stored));
  const [table = ""] = flush.tables;
  if (collector.tables.has("*")) return true;
  const own = collector.tables.get(table);
  if (!own) return false;
  const keys = changedKeys(flush, table, own, rows);
  return keys === undefined || !own.keys.isDisjointFrom(keys);
}

const live = (reads: readonly Read[]): StoredSubscription => ({
  id: 1,
  path: "_live",
  input: {},
  kind: "live",
  tables: [],
  live: { hash: "", reads, shared: false },
});

it("wakes a socket for each flush that the index of live queries finds its queries for", () => {
  fc.assert(
    fc.property(
      fc.array(read, { maxLength: 3 }),
      fc.constantFrom("notes", "tags"),
      fc.uniqueArray(change, { maxLength: 3, selector: ({ id }) => id }),
      (reads, table, changes) => {
        // A row that a query found exists, so it is not created.
        const isFound = (id: string): boolean => reads.some(({ found }) => found?.includes(id));
        const written = changes.filter(({ id, type }) => type !== "create" || !isFound(id));
        const given = flushOf(table, written);
        const index = createReadIndex<object>({ rows: given.rows });
        index.set(live(reads), structuredClone(reads));
        if (index.touched(given.flush).size > 0) expect(isConcerned(live(reads), given)).toBe(true);
      },
    ),
    { numRuns: 3_000 },
  );
});

it("wakes a socket for each flush that its sources deliver", () => {
  const filter = fc.option(
    fc.oneof(
      small.map((id): RowFilter => ({ id })),
      small.map((prefix): RowFilter => ({ prefix })),
    ),
    { nil: undefined },
  );
  fc.assert(
    fc.property(
      filter,
      fc.uniqueArray(change, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
      (rows, written) => {
        const given = flushOf("notes", written);
        const source: StoredSubscription = {
          id: 1,
          path: "changes",
          input: {},
          kind: "source",
          tables: ["notes"],
          rows,
        };
        expect(isConcerned(source, given)).toBe(!rows || given.flush.concerns("notes", rows));
      },
    ),
  );
});

const updated = (id: string, values: StoredRow = {}) => flushOf("notes", [{ id, type: "update", row: values }]);
const created = (values: StoredRow) => flushOf("notes", [{ id: "x", type: "create", row: values }]);
const byList: Read = { table: "notes", where: [{ column: "list", operator: "==", values: ["a"] }], found: ["y"] };

it.each([
  ["a row by its id, another row", [{ table: "notes", where: [{ column: "id", operator: "==", values: ["b"] }] }], "x"],
  ["another table", [{ table: "tags" }], "x"],
] as const)("does not wake for %s", (_case, reads, id) => {
  expect(isConcerned(live(reads), updated(id))).toBe(false);
});

it("does not wake a query by a value for a new row with another value", () => {
  expect(isConcerned(live([byList]), created({ list: "b" }))).toBe(false);
  expect(isConcerned(live([byList]), created({ list: "a" }))).toBe(true);
  expect(isConcerned(live([byList]), created({}))).toBe(true);
  expect(isConcerned(live([byList]), updated("z", { list: "b" }))).toBe(true);
});

it("wakes a subscription that is behind for every change", () => {
  const source: StoredSubscription = { id: 1, path: "changes", input: {}, kind: "source", tables: ["tags"] };
  expect(isConcerned(source, updated("x"))).toBe(false);
  expect(isConcerned({ ...source, cursor: "1.a" }, updated("x"))).toBe(true);
});
