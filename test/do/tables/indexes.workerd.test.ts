import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type AnyQuery, createQuery } from "../../../src/do/tables/query/create-query.js";
import type { TableSet } from "../../../src/do/tables/table-set.js";
import { table } from "../../../src/router/schema/table.js";
import { countedSql } from "../change-log/counted-sql.js";
import { withTables } from "./with-tables.js";

describe("indexes", () => {
  const indexed = table(z.object({ email: z.string(), done: z.boolean(), name: z.string() }), {
    indexes: ["name", ["done", "createdAt"]],
    unique: ["email"],
  });

  /** SQLite's query plan for the statements of a query. */
  function planOf(sql: SqlStorage, tableSet: TableSet, build: (query: AnyQuery) => AnyQuery): string {
    const people = tableSet.tables.get("people");
    if (!people) throw new Error("no such table");
    let plan = "";
    const explaining = {
      exec(text: string, ...values: unknown[]) {
        plan += sql
          .exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`, ...values)
          .toArray()
          .map(({ detail }) => detail)
          .join(", ");
        return sql.exec(text, ...values);
      },
    } as SqlStorage;
    build(createQuery(explaining, people)).all();
    return plan;
  }

  it("are used for the declared conditions", () =>
    withTables({ people: indexed }, ({ tableSet, sql }) => {
      const plan = (build: (query: AnyQuery) => AnyQuery) => planOf(sql, tableSet, build);
      expect(plan((query) => query.where("email", "==", "a"))).toBe(
        "SEARCH people USING INDEX people.email! (email=?)",
      );
      expect(plan((query) => query.where("email", "in", ["a", "b"]))).toContain("USING INDEX people.email! (email=?)");
      expect(plan((query) => query.where("name", ">", "a"))).toContain("USING INDEX people.name (name>?)");
      expect(plan((query) => query.where("name", "startsWith", "a"))).toContain("people.name (name>? AND name<?)");
      expect(plan((query) => query.where("done", "==", true).where("createdAt", ">", new Date(0)))).toContain(
        "people.done.createdAt (done=? AND createdAt>?)",
      );
      expect(plan((query) => query.where("id", "==", "a"))).toContain("sqlite_autoindex_people_1 (id=?)");
      expect(plan((query) => query.where("done", "==", true).orderBy("createdAt", "desc").limit(5))).toBe(
        "SEARCH people USING INDEX people.done.createdAt (done=?), USE TEMP B-TREE FOR LAST TERM OF ORDER BY",
      );
      expect(plan((query) => query.where("email", "contains", "a"))).toBe("SCAN people");
    }));

  it("let a query read only the first rows of an order, even the very first", () =>
    withTables({ people: indexed }, ({ tables, tableSet, sql }) => {
      tables.people.createMany(
        Array.from({ length: 200 }, (_, n) => ({ email: `${n}`, done: n % 2 === 0, name: `n${n}` })),
      );
      const people = tableSet.tables.get("people");
      if (!people) throw new Error("no such table");
      const counted = countedSql(sql);
      expect(createQuery(counted.sql, people).orderBy("name", "desc").first()).toMatchObject({ name: "n99" });
      expect(createQuery(counted.sql, people).orderBy("name").limit(2).offset(1).all()).toHaveLength(2);
      expect(counted.rowsRead()).toBeLessThan(20);
    }));

  it.each([
    ["id", "asc", "sqlite_autoindex_people_1 (id>?)"],
    ["id", "desc", "sqlite_autoindex_people_1 (id<?)"],
    ["name", "asc", "people.name (name>?)"],
    ["name", "desc", "people.name (name<?)"],
  ] as const)("start a page by %s %s through an index, however far in", (field, direction, index) =>
    withTables({ people: indexed }, ({ tables, tableSet, sql }) => {
      tables.people.createMany(
        Array.from({ length: 20 }, (_, n) => ({ email: `${n}`, done: n % 2 === 0, name: `n${n % 7}` })),
      );
      const after = tables.people.orderBy(field, direction).page({ limit: 5 }).nextCursor;
      expect(
        planOf(sql, tableSet, (query) => {
          query.orderBy(field, direction).page({ cursor: after, limit: 5 });
          return query.limit(0);
        }),
      ).toContain(`SEARCH people USING INDEX ${index}`);
    }),
  );

  it("start a page within a condition by their compound index", () =>
    withTables({ people: indexed }, ({ tables, tableSet, sql }) => {
      tables.people.createMany(Array.from({ length: 20 }, (_, n) => ({ email: `${n}`, done: true, name: "" })));
      const within = (query: AnyQuery) => query.where("done", "==", true).orderBy("createdAt", "desc");
      const after = within(tables.people as unknown as AnyQuery).page({ limit: 5 }).nextCursor;
      expect(
        planOf(sql, tableSet, (query) => {
          within(query).page({ cursor: after, limit: 5 });
          return query.limit(0);
        }),
      ).toContain("people.done.createdAt (done=? AND createdAt<?)");
    }));
});
