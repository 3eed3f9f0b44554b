import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createChangeLog } from "../../../src/do/change-log/create-change-log.js";
import type { NetChange } from "../../../src/do/change-log/fold-changes.js";
import { table } from "../../../src/router/schema/table.js";
import type { Cursor } from "../../../src/shared/cursor.js";
import { countedSql } from "./counted-sql.js";
import { withTables } from "../tables/with-tables.js";

const definitions = { notes: table(z.object({ text: z.string() })), others: table(z.object({ text: z.string() })) };
const ROWS = 20_000;

describe("a long gap that is delivered page by page", () => {
  it("takes time in proportion to its length, and delivers the same as all at once", () =>
    withTables(definitions, ({ sql, log, storage }) => {
      const after = log.head();
      storage.transactionSync(() => {
        const insert = (name: string): void =>
          void sql.exec(
            `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
             INSERT INTO ${name} (id, text, createdAt, updatedAt) SELECT '${name}' || i, '', 0, 0 FROM n`,
            ROWS,
          );
        insert("notes");
        insert("others");
        sql.exec("DELETE FROM notes WHERE rowid % 3 = 0");
        sql.exec("UPDATE notes SET text = 'changed' WHERE rowid % 7 = 0");
      });
      const until = log.head();
      const counted = countedSql(sql);
      const paged = createChangeLog(counted.sql);
      const pages = (matches?: (id: string) => boolean): NetChange[] => {
        const changes: NetChange[] = [];
        let from: Cursor | undefined;
        for (;;) {
          const page = paged.read({ tables: ["notes"], matches, after, until, from, limit: 128 });
          changes.push(...page);
          from = page.at(-1)?.cursor;
          if (page.length < 128) return changes;
        }
      };
      const atOnce = log.read({ tables: ["notes"], after, until });
      expect(atOnce.length).toBeGreaterThan(ROWS / 2);
      expect(pages()).toEqual(atOnce);
      const ending = (id: string): boolean => id.endsWith("7");
      expect(pages(ending)).toEqual(atOnce.filter(({ id }) => ending(id)));
      const entries = until.seq - after.seq;
      expect(counted.rowsRead()).toBeLessThan(8 * entries);
    }));
});
