import { v1, v4, v7 } from "uuid";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import type { ReasonedError } from "../../../src/router/reasoned-error.js";
import { withTables } from "./with-tables.js";

const Note = z.object({ slug: z.string(), text: z.string().default("empty") });
const definitions = {
  notes: table(Note, { unique: ["slug"] }),
  strict: table(z.strictObject({ toString: z.string() })),
};

/** The code, the reason and the message of the error that a call throws. */
function errorOf(run: () => unknown): Pick<ReasonedError, "code" | "message" | "reason"> {
  try {
    run();
  } catch (error) {
    return error as ReasonedError;
  }
  throw new Error("The call did not throw.");
}

describe("ids of new rows", () => {
  it("are stored as the caller chose them", () =>
    withTables(definitions, ({ tables }) => {
      const ids = Array.from({ length: 5 }, () => v7());
      const row = tables.notes.create({ slug: "a", id: ids[0] });
      expect(row).toMatchObject({ id: ids[0], slug: "a", text: "empty" });
      expect(tables.notes.findById(row.id)).toEqual(row);
      const many = tables.notes.createMany([{ slug: "b", id: ids[1] }, { slug: "c" }, { slug: "d", id: undefined }]);
      expect(many[0]!.id).toBe(ids[1]);
      expect(new Set(many.map(({ id }) => id)).size).toBe(3);
      expect(tables.notes.upsert({ slug: "e", id: ids[2] }, { on: "slug" }).id).toBe(ids[2]);
      expect(tables.strict.create({ toString: "own", id: ids[3] })).toMatchObject({ id: ids[3], toString: "own" });
    }));

  it("are refused unless they are UUIDv7s in lower case", () =>
    withTables(definitions, ({ tables, log }) => {
      const head = log.head();
      const id = v7();
      const others = [
        id.toUpperCase(),
        `{${id}}`,
        id.replaceAll("-", ""),
        ` ${id}`,
        `${id}\n`,
        v4(),
        v1(),
        "x",
        "",
        7,
        null,
        {},
      ];
      for (const other of [...others, `${id.slice(0, 19)}c${id.slice(20)}`]) {
        const values = { slug: "a", id: other as string };
        for (const write of [
          () => tables.notes.create(values),
          () => tables.notes.createMany([{ slug: "b" }, values]),
          () => tables.notes.upsert(values, { on: "slug" }),
        ]) {
          expect(errorOf(write)).toMatchObject({ code: "BAD_REQUEST", reason: "VALUE_INVALID" });
        }
      }
      expect(errorOf(() => tables.notes.create({ slug: "a", id: "x" })).message).toMatch(/"notes" must be a UUIDv7/);
      expect(log.head()).toEqual(head);
    }));

  it("are refused with a conflict if the row exists, and can be used again after it was deleted", () =>
    withTables(definitions, ({ tables }) => {
      const { id } = tables.notes.create({ slug: "a" });
      for (const write of [
        () => tables.notes.create({ slug: "b", id }),
        () => tables.notes.createMany([{ slug: "c" }, { slug: "b", id }]),
        () => tables.notes.upsert({ slug: "b", id }, { on: "slug" }),
      ]) {
        expect(errorOf(write)).toMatchObject({ code: "CONFLICT", reason: "UNIQUE_CONFLICT" });
      }
      expect(errorOf(() => tables.notes.create({ slug: "b", id })).message).toMatch(
        /already has a row with the same id/,
      );
      const again = v7();
      expect(
        errorOf(() =>
          tables.notes.createMany([
            { slug: "b", id: again },
            { slug: "c", id: again },
          ]),
        ).code,
      ).toBe("CONFLICT");
      expect(tables.notes.count()).toBe(1);
      tables.notes.delete(id);
      expect(tables.notes.create({ slug: "b", id }).id).toBe(id);
    }));

  it("stay when upsert updates the row, and when update is asked to change them", () =>
    withTables(definitions, ({ tables }) => {
      const { id } = tables.notes.create({ slug: "a" });
      expect(tables.notes.upsert({ slug: "a", text: "new", id: v7() }, { on: "slug" })).toMatchObject({
        id,
        text: "new",
      });
      expect(errorOf(() => tables.notes.update(id, { id: v7() } as never)).code).toBe("BAD_REQUEST");
      expect(tables.notes.all().map((row) => row.id)).toEqual([id]);
    }));
});
