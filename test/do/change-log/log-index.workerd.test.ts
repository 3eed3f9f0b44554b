import fc from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";
import { createChangeLog } from "../../../src/do/change-log/create-change-log.js";
import { foldChanges, LOG_TYPES, type LogEntry } from "../../../src/do/change-log/fold-changes.js";
import { createLogIndex } from "../../../src/do/change-log/log-index.js";
import { createLogIndexCache } from "../../../src/do/change-log/log-index-cache.js";
import { table } from "../../../src/router/schema/table.js";
import { countedSql } from "./counted-sql.js";
import { withTables } from "../tables/with-tables.js";
import { pruneLog } from "../../../src/do/change-log/prune-log.js";

const definitions = { notes: table(z.object({ text: z.string() })), others: table(z.object({ text: z.string() })) };

it("reads the same as folding the entries, for every gap, page and filter", () => {
  const histories = fc.array(fc.record({ id: fc.constantFrom("a", "b", "c", "ab"), deletes: fc.boolean() }), {
    maxLength: 60,
  });
  const gaps = fc.record({
    after: fc.nat(60),
    length: fc.nat(60),
    from: fc.option(fc.nat(60)),
    limit: fc.integer({ min: 1, max: 5 }),
  });
  const filters = fc.constantFrom(
    undefined,
    (id: string) => id.startsWith("a"),
    (id: string) => id === "b",
  );
  fc.assert(
    fc.property(histories, fc.array(gaps, { minLength: 1, maxLength: 5 }), filters, (history, ranges, matches) => {
      const there = new Set<string>();
      const entries = history.map(({ id, deletes }, position): LogEntry => {
        const type = there.has(id) ? (deletes ? "delete" : "update") : "create";
        if (type === "delete") there.delete(id);
        else there.add(id);
        return { table: "notes", id, type, cursor: { seq: position + 1, nonce: "" } };
      });
      const index = createLogIndex();
      for (const { id, type, cursor } of entries) index.add({ seq: cursor.seq, type, id });
      for (const { after, length, from, limit } of ranges) {
        const inGap = entries.filter(({ cursor }) => cursor.seq > after && cursor.seq <= after + length);
        const expected = foldChanges(inGap)
          .filter(({ id, cursor }) => (matches?.(id) ?? true) && cursor.seq > (from ?? 0))
          .slice(0, limit);
        const at = (seq: number) => ({ seq, nonce: "" });
        const read = index.read({
          after: at(after),
          until: at(after + length),
          from: from === null ? undefined : at(from),
          matches,
          limit,
        });
        expect(read).toEqual(expected.map(({ id, type, cursor }) => ({ seq: cursor.seq, type, id })));
      }
    }),
    { numRuns: 500 },
  );
  expect(LOG_TYPES).toEqual(["create", "update", "delete"]);
});

/** A log, with the number of rows that its reads have read. */
function countedLog(storage: SqlStorage) {
  const { sql, rowsRead } = countedSql(storage);
  return { log: createChangeLog(sql), rowsRead };
}

const insertNotes = (sql: SqlStorage, first: number, rows: number): void =>
  void sql.exec(
    `WITH RECURSIVE n(i) AS (SELECT CAST(?1 AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i < CAST(?1 + ?2 - 1 AS INTEGER))
     INSERT INTO notes (id, text, createdAt, updatedAt) SELECT 'note ' || CAST(i AS INTEGER), '', 0, 0 FROM n`,
    first,
    rows,
  );

it.each([
  ["ever older", (position: number) => 200 - position],
  ["ever newer", (position: number) => position],
  ["mixed", (position: number) => (position * 73) % 200],
])("reads the log once for two hundred cursors far back, %s", (_name, order) =>
  withTables(definitions, ({ sql, log }) => {
    const cursors = Array.from({ length: 201 }, (_, index) => {
      insertNotes(sql, index * 20, 20);
      return log.head();
    });
    insertNotes(sql, 10_000, 4_000);
    const until = log.head();
    const counted = countedLog(sql);
    for (let position = 0; position <= 200; position++) {
      const after = cursors[order(position)];
      if (!after) continue;
      const page = counted.log.read({ tables: ["notes"], after, until, limit: 10 });
      expect(page.map(({ cursor }) => cursor.seq)).toEqual(
        Array.from({ length: 10 }, (_, index) => after.seq + 1 + index),
      );
    }
    // Once for the log, doubled by reads from ever further back, and the cursors of each page.
    expect(counted.rowsRead()).toBeLessThan(3 * until.seq + 200 * 50);
  }),
);

it("reads only new entries when the log has grown, and gets the same for a gap that ended before them", () =>
  withTables(definitions, ({ sql, log }) => {
    const after = log.head();
    insertNotes(sql, 0, 3_000);
    const until = log.head();
    const counted = countedLog(sql);
    const first = counted.log.read({ tables: ["notes"], after, until, limit: 5 });
    sql.exec("DELETE FROM notes WHERE id IN ('note 1', 'note 7')");
    sql.exec("INSERT INTO others (id, text, createdAt, updatedAt) VALUES ('x', '', 0, 0)");
    const before = counted.rowsRead();
    const now = counted.log.read({ tables: ["notes"], after, until: log.head(), limit: 9 });
    expect(now.map(({ id }) => id)).toEqual([0, 2, 3, 4, 5, 6, 8, 9, 10].map((id) => `note ${id}`));
    expect(counted.rowsRead() - before).toBeLessThan(100);
    expect(counted.log.read({ tables: ["notes"], after, until, limit: 5 })).toEqual(first);
    const rest = counted.log.read({ tables: ["notes"], after: until, until: log.head(), limit: 5 });
    expect(rest.map(({ id, type }) => [id, type])).toEqual([
      ["note 1", "delete"],
      ["note 7", "delete"],
    ]);
  }));

it("reads the log again after entries were rolled back or pruned", () =>
  withTables(definitions, ({ sql, log, storage }) => {
    const after = log.head();
    insertNotes(sql, 0, 1_000);
    const read = (): unknown => log.read({ tables: ["notes"], after, until: log.head(), limit: 2_000 }).length;
    expect(() =>
      storage.transactionSync(() => {
        insertNotes(sql, 1_000, 10);
        expect(read()).toBe(1_010);
        throw new Error("undone");
      }),
    ).toThrow("undone");
    // Ends before the entries that were rolled back did, and has new ones in their place.
    insertNotes(sql, 1_500, 5);
    const changes = log.read({ tables: ["notes"], after, until: log.head(), limit: 2_000 });
    expect(changes.slice(-5).map(({ id }) => id)).toEqual([0, 1, 2, 3, 4].map((n) => `note ${1_500 + n}`));
    insertNotes(sql, 2_000, 30);
    expect(read()).toBe(1_035);
    pruneLog(sql, { maxRows: 1, maxAgeMs: Number.MAX_SAFE_INTEGER });
    const from = log.head();
    insertNotes(sql, 3_000, 600);
    const rest = log.read({ tables: ["notes"], after: from, until: log.head(), limit: 1_000 });
    expect(rest.length).toBe(600);
  }));

it("limits the memory of the indexes of all tables, and reads gaps that do not fit from the log", () =>
  withTables(definitions, ({ sql, log }) => {
    const most = 200_000;
    const cache = createLogIndexCache(sql, most);
    const cursors = [log.head()];
    for (let round = 0; round < 4; round++) {
      insertNotes(sql, round * 1_000, 600);
      sql.exec(
        `INSERT INTO others (id, text, createdAt, updatedAt) SELECT id || 'x', '', 0, 0 FROM notes WHERE id NOT IN (SELECT substr(id, 1, length(id) - 1) FROM others)`,
      );
      cursors.push(log.head());
    }
    const covered = new Set<boolean>();
    for (const table of ["notes", "others", "notes"]) {
      for (const after of cursors.slice(0, -1)) {
        for (const until of cursors.slice(1)) {
          if (until.seq <= after.seq) continue;
          const index = cache.covering(table, after, until);
          covered.add(index !== undefined);
          expect(cache.bytes()).toBeLessThanOrEqual(most);
          const expected = log.read({ tables: [table], after, until }).map(({ id }) => id);
          if (index) expect(index.read({ after, until, limit: Infinity }).map(({ id }) => id)).toEqual(expected);
        }
      }
    }
    expect(covered).toEqual(new Set([true, false]));
  }));
