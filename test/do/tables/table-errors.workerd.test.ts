import { describe, expect, it } from "vitest";
import { z } from "zod";
import { reasonOf } from "../../../src/router/reasoned-error.js";
import { table } from "../../../src/router/schema/table.js";
import type { Tables } from "../../../src/router/schema/table-api.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const Note = z.object({ title: z.string().min(1), stars: z.int().optional(), tags: z.array(z.string()).default([]) });
const definitions = { notes: table(Note, { unique: ["title"] }) };

type Notes = Tables<typeof definitions>["notes"];

function thrownReason(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

const cursorOf = (notes: Notes): string => String(notes.orderBy("title").page({ limit: 1 }).nextCursor);

// What TypeScript refuses, clients send.
const cases: [reason: string, code: string, name: string, run: (notes: Notes, id: string) => unknown][] = [
  ["FIELD_UNKNOWN", "BAD_REQUEST", "a condition", (notes) => notes.where("x" as "title", "==", "a")],
  ["FIELD_UNKNOWN", "BAD_REQUEST", "an order", (notes) => notes.orderBy("x" as "title")],
  ["OPERATOR_INVALID", "BAD_REQUEST", "an unknown operator", (notes) => notes.where("title", "like" as "==", "a")],
  ["OPERATOR_INVALID", "BAD_REQUEST", "an operator of text", (notes) => notes.where("stars", "contains" as "==", 1)],
  ["VALUE_INVALID", "BAD_REQUEST", "another type", (notes) => notes.where("stars", "==", "1" as never)],
  ["VALUE_INVALID", "BAD_REQUEST", "undefined", (notes) => notes.where("stars", "==", undefined as never)],
  ["VALUE_INVALID", "BAD_REQUEST", "a row", (notes) => notes.create({ title: "" })],
  ["VALUE_INVALID", "BAD_REQUEST", "an unknown key", (notes, id) => notes.update(id, { x: 1 } as never)],
  ["VALUE_TOO_LARGE", "PAYLOAD_TOO_LARGE", "a value", (notes) => notes.create({ title: "x".repeat(1_000_001) })],
  ["QUERY_INVALID", "BAD_REQUEST", "a direction", (notes) => notes.orderBy("title", "up" as "asc")],
  ["QUERY_INVALID", "BAD_REQUEST", "a limit and a page", (notes) => notes.limit(1).page()],
  ["QUERY_INVALID", "BAD_REQUEST", "no condition", (notes) => notes.deleteWhere("title" as never)],
  ["QUERY_INVALID", "BAD_REQUEST", "no index", (notes) => notes.upsert({ title: "b", stars: 1 }, { on: "stars" })],
  ["QUERY_TOO_COMPLEX", "BAD_REQUEST", "101 values", (notes) => notes.where((is) => is.or(...ones(is))).all()],
  ["INPUT_INVALID", "BAD_REQUEST", "a limit", (notes) => notes.limit(-1)],
  ["INPUT_INVALID", "BAD_REQUEST", "a version", (notes, id) => notes.update(id, {}, { ifVersion: 1 as never })],
  ["CURSOR_INVALID", "BAD_REQUEST", "any text", (notes) => notes.page({ cursor: "x" })],
  ["CURSOR_INVALID", "BAD_REQUEST", "another order", (notes) => notes.page({ cursor: cursorOf(notes) })],
  ["ROW_NOT_FOUND", "NOT_FOUND", "an update", (notes) => notes.update("x", { title: "b" })],
  ["UNIQUE_CONFLICT", "CONFLICT", "a title", (notes) => notes.create({ title: "one" })],
  ["VERSION_CONFLICT", "CONFLICT", "a version", (notes, id) => notes.update(id, {}, { ifVersion: new Date(0) })],
];

function ones(is: Parameters<Parameters<Notes["deleteWhere"]>[0]>[0]) {
  return Array.from({ length: 101 }, () => is("stars", "==", 1));
}

describe("errors of tables", () => {
  it.each(cases)("have the reason %s and the code %s for %s", (reason, code, _name, run) =>
    withTables(definitions, ({ tables: { notes } }) => {
      const { id } = notes.create({ title: "one" });
      notes.create({ title: "two" });
      expect(thrownReason(() => run(notes, id))).toBe(reason);
      expect(codeOf(() => run(notes, id))).toBe(code);
    }),
  );
});
