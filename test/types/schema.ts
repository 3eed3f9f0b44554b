import type { TrackedEnvelope } from "@trpc/server";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import type { Database } from "../../src/router/schema/database.js";
import type { Insert, Row, Update } from "../../src/router/schema/row.js";
import type { Tables } from "../../src/router/schema/table-api.js";
import { table } from "../../src/router/schema/table.js";
import type { Change } from "../../src/shared/change.js";

const posts = table(
  z.object({
    title: z.string().min(1),
    done: z.boolean().default(false),
    stars: z.int().optional(),
    score: z.number().nullable(),
    note: z.string().nullish(),
    at: z.date(),
    kind: z.enum(["low", "high"]),
    big: z.bigint().optional(),
    bytes: z.instanceof(Uint8Array).optional(),
    tags: z.array(z.string()),
    mixed: z.union([z.string(), z.number()]),
    slug: z.string().brand("Slug"),
    length: z
      .string()
      .transform((word) => word.length)
      .pipe(z.number()),
  }),
  { indexes: ["done", ["done", "createdAt"]], unique: ["title"] },
);
const definitions = { posts, notes: table(z.object({ text: z.string() })) };
declare const tables: Tables<typeof definitions>;
declare const values: Insert<typeof posts>;

type Post = Row<typeof posts>;
type Slug = string & z.core.$brand<"Slug">;

// Rows, inserts and updates are inferred from the schema.
expectTypeOf<Post>().toEqualTypeOf<{
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly title: string;
  readonly done: boolean;
  readonly stars?: number | undefined;
  readonly score: number | null;
  readonly note: string | null;
  readonly at: Date;
  readonly kind: "low" | "high";
  readonly big?: bigint | undefined;
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined;
  readonly tags: string[];
  readonly mixed: string | number;
  readonly slug: Slug;
  readonly length: number;
}>();
expectTypeOf<Insert<typeof posts>["done"]>().toEqualTypeOf<boolean | undefined>();
expectTypeOf<Insert<typeof posts>["length"]>().toEqualTypeOf<string>();
expectTypeOf<Insert<typeof posts>["note"]>().toEqualTypeOf<string | null | undefined>();
expectTypeOf<Update<typeof posts>["title"]>().toEqualTypeOf<string | undefined>();
expectTypeOf<Update<typeof posts>["stars"]>().toEqualTypeOf<number | null | undefined>();
expectTypeOf<Update<typeof posts>["score"]>().toEqualTypeOf<number | null | undefined>();
expectTypeOf<Update<typeof posts>["length"]>().toEqualTypeOf<string | undefined>();
expectTypeOf<Insert<typeof posts>>().not.toBeAny();
expectTypeOf<Update<typeof posts>>().not.toBeAny();

// Types of the methods' parameters and results.
expectTypeOf(tables.posts.findById("x")).toEqualTypeOf<Post | null>();
expectTypeOf(tables.posts.all()).toEqualTypeOf<Post[]>();
expectTypeOf(tables.posts.first()).toEqualTypeOf<Post | null>();
expectTypeOf(tables.posts.delete("x")).toEqualTypeOf<boolean>();
expectTypeOf(tables.notes.create({ text: "x" })).toEqualTypeOf<Row<typeof definitions.notes>>();
expectTypeOf(tables.posts.changes()).toEqualTypeOf<AsyncIterable<TrackedEnvelope<Change<Post>>>>();
expectTypeOf(tables.posts.where("done", "==", true).orderBy("createdAt", "desc").limit(5).all()).toEqualTypeOf<
  Post[]
>();

tables.posts.update("x", { title: "a", stars: null, score: undefined, note: null });
// @ts-expect-error a required field cannot be cleared
tables.posts.update("x", { title: null });
// @ts-expect-error the framework sets it
tables.posts.update("x", { createdAt: new Date() });
tables.notes.create({ text: "x", id: "0199d1f0-0000-7000-8000-000000000000" });
tables.notes.createMany([{ text: "x", id: undefined }]);
tables.posts.upsert({ ...values, id: "0199d1f0-0000-7000-8000-000000000000" }, { on: "title" });
// @ts-expect-error an id is a string
tables.notes.create({ text: "x", id: 1 });
tables.notes.create({ text: "x", createdAt: new Date(), updatedAt: undefined });
// @ts-expect-error a time is a Date
tables.notes.create({ text: "x", createdAt: "2020-01-01" });
// @ts-expect-error the id of a row does not change
tables.notes.update("x", { id: "y" });
// @ts-expect-error a required field is missing
tables.notes.create({});
// @ts-expect-error the table does not exist
void tables.unknown;

// Operators follow the field's type.
tables.posts.where("id", "in", ["a"]).where("createdAt", ">=", new Date()).where("updatedAt", "!=", new Date());
tables.posts.where("stars", "==", null).where("note", "!=", null).where("score", "in", [1, null]).where("big", "<", 1n);
tables.posts.where("kind", "==", "low").where("kind", "startsWith", "l").where("slug", "contains", "x");
tables.posts.where("tags", "contains", "x").where("tags", "==", ["x"]).where("mixed", "in", ["a", 1]);
tables.posts.where("done", "==", true).where("bytes", "==", new Uint8Array()).where("title", "isNull", true);
// @ts-expect-error an unknown field
tables.posts.where("titel", "==", "x");
// @ts-expect-error an unknown operator
tables.posts.where("title", "like", "x");
// @ts-expect-error another type
tables.posts.where("title", "==", 1);
// @ts-expect-error not a member of the enum
tables.posts.where("kind", "==", "middle");
// @ts-expect-error this field always has a value
tables.posts.where("title", "==", null);
// @ts-expect-error undefined is not a value
tables.posts.where("stars", "==", undefined);
// @ts-expect-error null has no order
tables.posts.where("stars", "<", null);
// @ts-expect-error a number has no `contains`
tables.posts.where("stars", "contains", 1);
// @ts-expect-error an array of strings
tables.posts.where("tags", "contains", 1);
// @ts-expect-error mixed types have no order
tables.posts.where("mixed", "<", "a");
// @ts-expect-error a list
tables.posts.where("title", "in", "a");
// @ts-expect-error an unknown field
tables.posts.orderBy("titel");
// @ts-expect-error an unknown direction
tables.posts.orderBy("title", "down");

// Groups, selected fields, pages, and writes of many rows.
tables.posts.where((is) => is.or(is("done", "==", true), is.not(is.and(is("stars", ">", 1), is("note", "==", null)))));
// @ts-expect-error another type
tables.posts.where((is) => is("title", "==", 1));
// @ts-expect-error a condition on another table
tables.posts.where(() => tables.notes.where((is) => is("text", "==", "x")));
expectTypeOf(tables.posts.select("id", "stars").orderBy("score").all()).toEqualTypeOf<Pick<Post, "id" | "stars">[]>();
// @ts-expect-error an unknown field
tables.posts.select("titel");
// @ts-expect-error not a field
tables.posts.select();
expectTypeOf(tables.notes.page({ cursor: null, limit: 10 })).toEqualTypeOf<{
  readonly items: Row<typeof definitions.notes>[];
  readonly nextCursor: string | null;
}>();
expectTypeOf(tables.posts.select("id").page().items).toEqualTypeOf<Pick<Post, "id">[]>();
expectTypeOf(tables.notes.createMany([{ text: "x" }])).toEqualTypeOf<Row<typeof definitions.notes>[]>();
expectTypeOf(tables.notes.upsert({ text: "x" }, { on: "text" })).toEqualTypeOf<Row<typeof definitions.notes>>();
// @ts-expect-error the framework sets it
tables.notes.upsert({ text: "x" }, { on: "id" });
expectTypeOf(tables.posts.updateWhere((is) => is("done", "==", true), { done: false })).toEqualTypeOf<number>();
// @ts-expect-error the framework sets it
tables.posts.updateWhere((is) => is("done", "==", true), { id: "x" });
expectTypeOf(tables.posts.deleteWhere((is) => is("kind", "==", "low"))).toEqualTypeOf<number>();
tables.posts.update("x", { done: true }, { ifVersion: new Date() });

// Columns as they are stored.
declare const db: Database<typeof definitions>;
expectTypeOf(
  db.all(db.selectFrom("posts").select(["done", "at", "tags", "stars", "kind", "big", "mixed"])),
).toEqualTypeOf<
  {
    done: 0 | 1;
    at: number;
    tags: string;
    stars: number | null;
    kind: "low" | "high";
    big: string | null;
    mixed: string;
  }[]
>();
expectTypeOf(db.first(db.selectFrom("posts").select("bytes"))).toEqualTypeOf<{ bytes: ArrayBuffer | null } | null>();
expectTypeOf(
  db.all(
    db
      .selectFrom("posts")
      .innerJoin("notes", "notes.text", "posts.title")
      .groupBy("posts.kind")
      .select(({ fn }) => ["posts.kind", fn.countAll<number>().as("n")]),
  ),
).toEqualTypeOf<{ kind: "low" | "high"; n: number }[]>();
expectTypeOf(db.run(db.updateTable("posts").set({ done: 1, note: null }))).toEqualTypeOf<number>();
// @ts-expect-error a boolean is stored as 0 or 1
db.updateTable("posts").set({ done: true });
// @ts-expect-error the table does not exist
db.selectFrom("unknown");
// @ts-expect-error the framework's own tables are not part of the app
db.selectFrom("_changes");

// Invalid table and field names are compile errors.
// @ts-expect-error clashes with an added column
table(z.object({ title: z.string(), createdAt: z.date() }));
// @ts-expect-error clashes with an added column
table(z.object({ id: z.string() }));
// @ts-expect-error clashes, because SQLite does not distinguish upper from lower case
table(z.object({ ID: z.string() }));
// @ts-expect-error not the name of a column
table(z.object({ "first name": z.string() }));
// @ts-expect-error not the name of a column
table(z.object({ "1st": z.string() }));
// @ts-expect-error the same column for SQLite
table(z.object({ title: z.string(), Title: z.string() }));
// @ts-expect-error an unknown field
table(z.object({ title: z.string() }), { indexes: ["titel"] });
// @ts-expect-error an unknown field
table(z.object({ title: z.string() }), { unique: [["title", "b"]] });
table(
  z.strictObject({ title: z.string() }).refine(({ title }) => title !== ""),
  { indexes: [["title", "id"]] },
);
