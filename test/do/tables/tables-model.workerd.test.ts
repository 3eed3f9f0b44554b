import fc from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";
import type { Table } from "../../../src/router/schema/table-api.js";
import { table, type TableDefinition } from "../../../src/router/schema/table.js";
import {
  createMany,
  deleteWhere,
  pick,
  query,
  type Run,
  type Shape,
  sorted,
  update,
  updateWhere,
  upsert,
} from "./table-against-model.js";
import { canSort, condition } from "./table-conditions.js";
import { field, type Field, kinds, schemaOf, type Values } from "./table-model.js";
import { withTables } from "./with-tables.js";

type Step = (run: Run) => void;

const shape: fc.Arbitrary<Shape> = fc
  .integer({ min: 1, max: 5 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => field(index))))
  .chain((fields) => {
    const names = fields.filter(canSort).map(({ name }) => name);
    const some = fc.subarray(names, { maxLength: Math.min(2, names.length) });
    return fc.record({ fields: fc.constant(fields), unique: some, index: some });
  });

/** Values for a new row, which sometimes omit optional fields. */
function inserts(fields: readonly Field[]): fc.Arbitrary<Values> {
  const nothing = {
    always: [],
    optional: [undefined],
    nullable: [null],
    nullish: [undefined, null],
    default: [undefined],
  };
  return fc.record(
    Object.fromEntries(
      fields.map(({ name, kind, may }) => [
        name,
        fc.oneof(
          { weight: 4, arbitrary: kinds[kind].value as fc.Arbitrary<unknown> },
          ...nothing[may].map((none) => fc.constant(none)),
        ),
      ]),
    ),
  );
}

/** The values of an update: some fields, and sometimes null in a field that does not accept it. */
function patches(fields: readonly Field[]): fc.Arbitrary<Values> {
  return fc.record(
    Object.fromEntries(
      fields.map(({ name, kind }) => [
        name,
        fc.oneof(
          { weight: 12, arbitrary: fc.constant(undefined) },
          { weight: 8, arbitrary: kinds[kind].value as fc.Arbitrary<unknown> },
          fc.constant(null),
        ),
      ]),
    ),
  );
}

/** Any operation on a table with such fields. */
function steps({ fields }: Shape): fc.Arbitrary<Step[]> {
  const values = inserts(fields);
  const nth = fc.nat(20);
  const names = [...fields.filter(canSort).map(({ name }) => name), "createdAt"];
  const queries = fc.record({
    where: fc.array(condition(fields), { maxLength: 2 }),
    orderBy: fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom("asc" as const, "desc" as const)), {
      maxLength: 2,
    }),
    limit: fc.option(fc.nat(5), { nil: undefined }),
    offset: fc.nat(3),
    size: fc.integer({ min: 1, max: 4 }),
  });
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.array(values, { minLength: 1, maxLength: 3 }).map(
        (list): Step =>
          (run) =>
            createMany(run, list),
      ),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(nth, patches(fields), fc.constantFrom(undefined, undefined, "right" as const, "wrong" as const))
        .map(
          ([row, patch, version]): Step =>
            (run) =>
              update(run, pick(run, row), patch, version),
        ),
    },
    values.map(
      (one): Step =>
        (run) =>
          upsert(run, one),
    ),
    fc.tuple(condition(fields), patches(fields)).map(
      ([plain, patch]): Step =>
        (run) =>
          updateWhere(run, plain, patch),
    ),
    nth.map((row): Step => (run) => {
      const id = pick(run, row);
      expect(run.table.delete(id)).toBe(run.rows.delete(id));
    }),
    condition(fields).map(
      (plain): Step =>
        (run) =>
          deleteWhere(run, plain),
    ),
    {
      weight: 4,
      arbitrary: queries.map(
        (one): Step =>
          (run) =>
            query(run, one),
      ),
    },
  );
  return fc.array(step, { minLength: 5, maxLength: 25 });
}

const history = shape.chain((own) => fc.record({ shape: fc.constant(own), steps: steps(own) }));

it("agrees with a plain array of rows after any history of any table", { timeout: 60_000 }, () =>
  fc.assert(
    fc.asyncProperty(history, ({ shape: own, steps: all }) => {
      const schema = z.object(Object.fromEntries(own.fields.map((one) => [one.name, schemaOf(one)])));
      const list = (names: readonly string[]) => (names.length === 0 ? [] : [names]) as never[];
      return withTables(
        { things: table(schema, { unique: list(own.unique), indexes: list(own.index) }) },
        ({ tables }) => {
          const run: Run = { ...own, rows: new Map(), table: tables.things as unknown as Table<TableDefinition> };
          for (const step of all) {
            step(run);
            expect(tables.things.orderBy("id").all()).toEqual(sorted([...run.rows.values()], []));
          }
          for (const [id, row] of run.rows) expect(tables.things.findById(id)).toEqual(row);
        },
      );
    }),
    { numRuns: 100 },
  ),
);
