import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeTables } from "../../../src/router/schema/describe-tables.js";
import { table } from "../../../src/router/schema/table.js";
import { withTables } from "./with-tables.js";

/** The columns of SQLite's json_each, names of rows in triggers and upserts, and keywords. */
const names =
  "value key type atom parent fullkey path json root element rowid oid NEW old excluded select order group index table";

describe("fields and tables with names that mean something in SQL", () => {
  it.each(names.split(" "))("find the elements of a list in a field %s", (name) => {
    const shape = Object.fromEntries([name, "other"].map((field) => [field, z.array(z.string())]));
    return withTables({ all: table(z.object(shape), { indexes: [name] }) }, ({ tables }) => {
      const rows = tables.all.createMany([
        { [name]: ["a", "b"], other: ["first"] },
        { [name]: ["c"], other: ["second"] },
      ]);
      const found = (element: string) => tables.all.where(name, "contains", element).all();
      expect(found("a")).toEqual([rows[0]]);
      expect(found("c")).toEqual([rows[1]]);
      expect(found("d")).toEqual([]);
      expect(tables.all.where((is) => is.not(is(name, "contains", "a"))).all()).toEqual([rows[1]]);
      expect(tables.all.where(name, "in", [["c"], ["d"]]).all()).toEqual([rows[1]]);
      const { items, nextCursor } = tables.all.orderBy(name).page({ limit: 1 });
      expect(items).toEqual([rows[0]]);
      expect(tables.all.orderBy(name).page({ limit: 1, cursor: nextCursor }).items).toEqual([rows[1]]);
      expect(tables.all.updateWhere((is) => is(name, "contains", "a"), { other: ["new"] })).toBe(1);
      expect(tables.all.deleteWhere((is) => is(name, "contains", "c"))).toBe(1);
      expect(tables.all.all()).toMatchObject([{ other: ["new"] }]);
    });
  });

  it.each(names.split(" "))("store, find and change the rows of a table %s", (name) => {
    const lists = table(z.object({ list: z.array(z.string()), slug: z.string() }), { unique: ["slug"] });
    return withTables(Object.fromEntries([[name, lists]]), ({ tables }) => {
      const all = tables[name] as NonNullable<(typeof tables)[string]>;
      const { id } = all.create({ list: ["a"], slug: "x" });
      expect(all.where("list", "contains", "a").count()).toBe(1);
      all.upsert({ list: ["b"], slug: "x" }, { on: "slug" });
      expect(all.where("list", "contains", "b").count()).toBe(1);
      expect(all.update(id, { slug: "y" }).slug).toBe("y");
      expect(all.delete(id)).toBe(true);
    });
  });

  it.each(["json_each", "JSON_TREE", "pragma_table_info"])(
    "are refused for a table if they are a function of SQL: %s",
    (name) => {
      expect(() => describeTables({ [name]: table(z.object({ text: z.string() })) })).toThrow(
        /would hide an SQL function/,
      );
    },
  );
});
