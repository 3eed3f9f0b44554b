import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeTables } from "../../../src/router/schema/describe-tables.js";
import { type TableDefinition, table } from "../../../src/router/schema/table.js";
import { changeLogSql } from "../../../src/do/tables/schema/change-log-sql.js";
import { createTableSql } from "../../../src/do/tables/schema/ddl.js";
import { readDefaults } from "../../../src/do/tables/schema/column-defaults.js";
import { quoteLiteral, quoteName } from "../../../src/do/tables/schema/sql-text.js";

const everything: TableDefinition = table(
  z.object({
    title: z.string(),
    score: z.number().default(0.5),
    count: z.int(),
    done: z.boolean().default(false),
    at: z.date().optional(),
    kind: z.enum(["it's", "b"]).default("it's"),
    level: z.literal([1, 2]).nullable(),
    ratio: z.literal([0.1, 1]),
    big: z.bigint().nullish(),
    sign: z.literal([5n, -5n]),
    bytes: z.instanceof(Uint8Array).default(new Uint8Array([1, 255])),
    tags: z.array(z.string()).default([]),
  }),
  { indexes: ["done", ["done", "createdAt"]], unique: ["title"] },
);

describe("DDL", () => {
  it("creates a table", () => {
    const [model] = describeTables({ posts: everything });
    expect(model && createTableSql(model, readDefaults(model, everything)).join(";\n")).toMatchInlineSnapshot(`
      "CREATE TABLE "posts" (
        "id" TEXT PRIMARY KEY NOT NULL,
        "title" TEXT NOT NULL,
        "score" REAL NOT NULL DEFAULT 0.5,
        "count" INTEGER NOT NULL,
        "done" INTEGER NOT NULL CHECK ("done" IN (0, 1)) DEFAULT 0,
        "at" INTEGER,
        "kind" TEXT NOT NULL CHECK ("kind" IN ('it''s', 'b')) DEFAULT 'it''s',
        "level" INTEGER CHECK ("level" IN (1, 2)),
        "ratio" REAL NOT NULL,
        "big" TEXT,
        "sign" TEXT NOT NULL CHECK ("sign" IN ('1015', '0984')),
        "bytes" BLOB NOT NULL DEFAULT X'01ff',
        "tags" TEXT NOT NULL DEFAULT '[]',
        "createdAt" INTEGER NOT NULL,
        "updatedAt" INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX "posts.done" ON "posts" ("done");
      CREATE INDEX "posts.done.createdAt" ON "posts" ("done", "createdAt");
      CREATE UNIQUE INDEX "posts.title!" ON "posts" ("title");
      CREATE TRIGGER "_posts.create" AFTER INSERT ON "posts" BEGIN INSERT INTO _changes ("table", type, id) VALUES ('posts', 'create', NEW."id"); END;
      CREATE TRIGGER "_posts.update" AFTER UPDATE ON "posts" BEGIN INSERT INTO _changes ("table", type, id) VALUES ('posts', 'update', NEW."id"); END;
      CREATE TRIGGER "_posts.delete" AFTER DELETE ON "posts" BEGIN INSERT INTO _changes ("table", type, id) VALUES ('posts', 'delete', OLD."id"); END;
      CREATE TRIGGER "_posts.key" BEFORE UPDATE OF "id" ON "posts" WHEN NEW."id" IS NOT OLD."id" BEGIN SELECT RAISE(ABORT, 'an id never changes'); END"
    `);
  });

  it("creates the change log", () => {
    expect(changeLogSql.join(";\n")).toMatchInlineSnapshot(`
      "CREATE TABLE _changes (
        seq INTEGER PRIMARY KEY,
        nonce BLOB NOT NULL DEFAULT (randomblob(8)),
        "table" TEXT NOT NULL,
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
        data TEXT
      ) STRICT;
      INSERT INTO _changes (seq, "table", type, id) VALUES (1, '', 'genesis', '')"
    `);
  });
});

describe("SQL text", () => {
  it("quotes names and constants", () => {
    expect(quoteName('a" or 1=1 --')).toBe('"a"" or 1=1 --"');
    expect(quoteLiteral("it's'; drop table x --")).toBe("'it''s''; drop table x --'");
    expect(quoteLiteral(new Uint8Array([0, 10, 255]))).toBe("X'000aff'");
    expect([quoteLiteral(null), quoteLiteral(1e21), quoteLiteral(-0.5)]).toEqual(["NULL", "1e+21", "-0.5"]);
    expect(() => quoteLiteral("a\0b")).toThrow("NUL");
  });

  it("refuses at start a default that does not fit its column", () => {
    const bad = table(z.object({ n: z.number().default(Number.NaN) }));
    const [model] = describeTables({ bad });
    expect(() => model && readDefaults(model, bad)).toThrow("The default of the field bad.n must be a finite number.");
  });
});
