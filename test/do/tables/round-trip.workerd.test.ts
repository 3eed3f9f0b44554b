import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { table } from "../../../src/router/schema/table.js";
import { columnKinds } from "../../fixtures/app/column-kinds.js";
import { columnValues } from "../../fixtures/column-values.js";
import { codeOf } from "./code-of.js";
import { withTables } from "./with-tables.js";

const optional = Object.fromEntries(
  Object.entries(columnKinds).map(([name, field]) => [`${name}_o`, field.optional()]),
);
const nullable = Object.fromEntries(
  Object.entries(columnKinds).map(([name, field]) => [`${name}_n`, field.nullable()]),
);
const nullish = Object.fromEntries(Object.entries(columnKinds).map(([name, field]) => [`${name}_x`, field.nullish()]));
const definitions = { all: table(z.object({ ...columnKinds, ...optional, ...nullable, ...nullish })) };

function each(suffix: string, wrap: (value: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>) {
  return Object.fromEntries(Object.entries(columnValues).map(([name, value]) => [`${name}${suffix}`, wrap(value)]));
}

const rows = fc.record({
  ...columnValues,
  ...each("_o", (value) => fc.option(value, { nil: undefined })),
  ...each("_n", (value) => fc.option(value, { nil: null })),
  ...each("_x", (value) => fc.oneof({ weight: 3, arbitrary: value }, fc.constantFrom(null, undefined))),
});

/** A row as it must be read back: nullish fields as `null`, optional ones missing. */
function asRead(values: Record<string, unknown>): Record<string, unknown> {
  const read = Object.entries(values).map(
    ([name, value]) => [name, name.endsWith("_x") ? (value ?? null) : value] as const,
  );
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

describe("round trip", () => {
  it("returns every type unchanged from create, findById, all and update", () =>
    withTables(definitions, ({ tables }) => {
      fc.assert(
        fc.property(rows, rows, (one, other) => {
          const created = tables.all.create(one as never);
          expect(created).toEqual({
            ...asRead(one),
            id: created.id,
            createdAt: created.createdAt,
            updatedAt: created.updatedAt,
          });
          expect(tables.all.findById(created.id)).toEqual(created);
          expect(Object.keys(tables.all.findById(created.id) ?? {})).toEqual(Object.keys(created));
          expect(tables.all.where("id", "==", created.id).all()).toEqual([created]);
          const updated = tables.all.update(created.id, other as never);
          // Undefined elements are kept.
          const expected = { ...created, ...asRead({ ...one, ...definedOnly(other) }), updatedAt: updated.updatedAt };
          expect(updated).toEqual(expected);
          expect(tables.all.findById(created.id)).toEqual(updated);
        }),
        { numRuns: 200 },
      );
    }));

  it("bounds the size of bytes by a refinement, in a column and in JSON", () => {
    const bytes = z.instanceof(Uint8Array).refine(({ length }) => length <= 3, "At most 3 bytes.");
    return withTables({ files: table(z.object({ bytes, list: z.array(bytes) })) }, ({ tables }) => {
      const [fits, tooLong] = [new Uint8Array([1, 2, 3]), new Uint8Array(4)];
      const row = tables.files.create({ bytes: fits, list: [fits] });
      expect(tables.files.first()).toEqual(row);
      expect(row).toMatchObject({ bytes: fits, list: [fits] });
      expect(codeOf(() => tables.files.create({ bytes: tooLong, list: [] }))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.files.create({ bytes: fits, list: [tooLong] }))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.files.update(row.id, { bytes: tooLong }))).toBe("BAD_REQUEST");
      expect(codeOf(() => tables.files.update(row.id, { bytes: "abc" as never }))).toBe("BAD_REQUEST");
    });
  });

  it("separates stored values from objects that a caller or reader changes", () =>
    withTables(
      { files: table(z.object({ bytes: z.instanceof(Uint8Array), list: z.array(z.int()) })) },
      ({ tables }) => {
        const bytes = new Uint8Array([1, 2, 3]);
        const list = [1];
        const row = tables.files.create({ bytes: bytes.subarray(1), list });
        bytes.fill(9);
        list.push(2);
        row.list.push(3);
        expect(row.bytes).toEqual(new Uint8Array([2, 3]));
        expect(tables.files.first()).toMatchObject({ bytes: new Uint8Array([2, 3]), list: [1] });
      },
    ));

  it("refuses values that SQLite would change", () =>
    withTables(
      { notes: table(z.object({ text: z.string(), json: z.record(z.string(), z.unknown()) })) },
      ({ tables }) => {
        expect(codeOf(() => tables.notes.create({ text: "\ud800", json: {} }))).toBe("BAD_REQUEST");
        expect(codeOf(() => tables.notes.create({ text: "", json: { a: "\udfff" } }))).toBe("BAD_REQUEST");
        expect(codeOf(() => tables.notes.create({ text: "", json: { a: Number.NaN } }))).toBe("BAD_REQUEST");
        expect(codeOf(() => tables.notes.create({ text: "", json: { a: () => 1 } }))).toBe("BAD_REQUEST");
        expect(tables.notes.count()).toBe(0);
      },
    ));

  it("applies defaults, transforms and refinements to the input", () => {
    const schema = z.object({
      slug: z.string().trim().toLowerCase().brand("slug"),
      length: z
        .string()
        .transform((word) => word.length)
        .pipe(z.int()),
      when: z.coerce.date(),
      level: z.int().catch(1),
      computed: z.string().default(() => crypto.randomUUID()),
    });
    return withTables({ words: table(schema) }, ({ tables }) => {
      const input = { slug: " Hello ", length: "four", when: "2020-01-01T00:00:00Z", level: "x" as never };
      const row = tables.words.create(input);
      expect(row).toMatchObject({ slug: "hello", length: 4, when: new Date("2020-01-01T00:00:00Z"), level: 1 });
      expect(tables.words.create(input).computed).not.toBe(row.computed);
      expect(tables.words.update(row.id, { length: "seventy" })).toEqual({
        ...row,
        length: 7,
        updatedAt: expect.any(Date),
      });
    });
  });
});

function definedOnly(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
