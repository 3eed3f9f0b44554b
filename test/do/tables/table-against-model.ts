import { expect } from "vitest";
import type { Table } from "../../../src/router/schema/table-api.js";
import type { TableDefinition } from "../../../src/router/schema/table.js";
import { codeOf } from "./code-of.js";
import { type Condition, satisfies } from "./table-conditions.js";
import { compare, type Field, filled, patched, same, takes, type Values } from "./table-model.js";

type Row = Values & { readonly id: string; readonly updatedAt: Date };

/** The definition of a table. */
export interface Shape {
  readonly fields: readonly Field[];
  /** Sets of fields that no two rows may share. None of the fields is a list or an object. */
  readonly unique: readonly string[];
  readonly index: readonly string[];
}

/** A table, and its expected rows. */
export interface Run extends Shape {
  readonly rows: Map<string, Row>;
  readonly table: Table<TableDefinition>;
}

/** Whether the rows satisfy the unique indexes. */
function areUnique({ unique }: Run, rows: Iterable<Values>): boolean {
  if (unique.length === 0) return true;
  const keys = [...rows].map((row) => unique.map((name) => row[name] ?? null)).filter((key) => !key.includes(null));
  return keys.every((key, index) => keys.slice(index + 1).every((other) => !same(key, other)));
}

export function pick({ rows }: Run, nth: number): string {
  const ids = [...rows.keys()];
  // One more than exist: an id without a row.
  return ids[nth % (ids.length + 1)] ?? "unknown";
}

const isEmpty = (patch: Values): boolean => Object.values(patch).every((value) => value === undefined);

/** The returned row, which must equal the model except for fields that the storage generates. */
function keep({ rows }: Run, returned: unknown, expected: Values): void {
  const row = returned as Row;
  const { id, createdAt, updatedAt } = row as Values;
  expect(row).toEqual({ ...expected, id, createdAt, updatedAt });
  rows.set(row.id, row);
}

export function createMany(run: Run, list: readonly Values[]): void {
  const { fields, rows, table: own } = run;
  const expected = list.map((values) => filled(fields, values));
  const created: unknown[] = [];
  const [only] = list;
  const code = codeOf(
    () =>
      void created.push(...(only && list.length === 1 ? [own.create(only as never)] : own.createMany(list as never))),
  );
  expect(code).toBe(areUnique(run, [...rows.values(), ...expected]) ? undefined : "CONFLICT");
  for (const [index, row] of created.entries()) keep(run, row, expected[index] ?? {});
}

export function update(run: Run, id: string, patch: Values, version?: "right" | "wrong"): void {
  const { fields, rows, table: own } = run;
  const row = rows.get(id);
  const next = row && patched(fields, row, patch);
  const ifVersion = row && version && new Date(row.updatedAt.getTime() - (version === "wrong" ? 1 : 0));
  let returned: unknown;
  const code = codeOf(() => (returned = own.update(id, patch as never, { ifVersion })));
  if (!takes(fields, patch)) return expect(code).toBe("BAD_REQUEST");
  if (!row || !next) return expect(code).toBe("NOT_FOUND");
  if (version === "wrong") return expect(code).toBe("CONFLICT");
  const others = [...rows.values()].filter((other) => other !== row);
  expect(code).toBe(areUnique(run, [...others, next]) ? undefined : "CONFLICT");
  if (code !== undefined) return;
  if (!isEmpty(patch)) expect((returned as Row).updatedAt.getTime()).toBeGreaterThan(row.updatedAt.getTime());
  keep(run, returned, next);
}

export function upsert(run: Run, values: Values): void {
  const { fields, rows, table: own, unique } = run;
  const expected = filled(fields, values);
  const key = unique.map((name) => expected[name] ?? null);
  const upserting = (): unknown => own.upsert(values as never, { on: unique as never });
  if (unique.length === 0 || key.includes(null)) return expect(codeOf(upserting)).toBe("BAD_REQUEST");
  const found = [...rows.values()].find((row) =>
    same(
      unique.map((name) => row[name] ?? null),
      key,
    ),
  );
  if (found) return keep(run, upserting(), patched(fields, found, values));
  keep(run, upserting(), expected);
}

/** The condition as the app writes it. */
function which(plain: Condition): never {
  const build = (is: any, one: Condition): unknown =>
    "group" in one
      ? is[one.group](...one.members.map((member) => build(is, member)))
      : is(one.field, one.operator, one.value);
  return ((is: unknown) => build(is, plain)) as never;
}

export function updateWhere(run: Run, plain: Condition, patch: Values): void {
  const { fields, rows, table: own } = run;
  const found = [...rows.values()].filter((row) => satisfies(plain, row));
  const next = new Map([...rows, ...found.map((row) => [row.id, patched(fields, row, patch) as Row] as const)]);
  let count: unknown;
  const code = codeOf(() => (count = own.updateWhere(which(plain), patch as never)));
  if (!takes(fields, patch)) return expect(code).toBe("BAD_REQUEST");
  expect(code).toBe(areUnique(run, next.values()) ? undefined : "CONFLICT");
  if (code !== undefined) return;
  expect(count).toBe(isEmpty(patch) ? 0 : found.length);
  for (const { id } of isEmpty(patch) ? [] : found) keep(run, own.findById(id), next.get(id) ?? {});
}

export function deleteWhere({ rows, table: own }: Run, plain: Condition): void {
  const found = [...rows.values()].filter((row) => satisfies(plain, row));
  expect(own.deleteWhere(which(plain))).toBe(found.length);
  for (const { id } of found) rows.delete(id);
}

export interface Query {
  readonly where: readonly Condition[];
  readonly orderBy: readonly (readonly [field: string, direction: "asc" | "desc"])[];
  readonly limit: number | undefined;
  readonly offset: number;
  readonly size: number;
}

export function sorted(rows: readonly Row[], orderBy: Query["orderBy"]): Row[] {
  const terms = [...orderBy, ["id", orderBy.at(-1)?.[1] ?? "asc"] as const];
  return rows.toSorted((one, other) => {
    for (const [name, direction] of terms) {
      const [left, right] = [one[name] ?? null, other[name] ?? null];
      const difference =
        left === null || right === null ? Number(right === null) - Number(left === null) : compare(left, right);
      if (difference !== 0) return direction === "asc" ? difference : -difference;
    }
    return 0;
  });
}

export function query({ rows, table: own }: Run, { where, orderBy, limit, offset, size }: Query): void {
  const found = sorted(
    [...rows.values()].filter((row) => where.every((one) => satisfies(one, row))),
    orderBy,
  );
  const filtered = where.reduce<any>((so, one) => so.where(which(one)), own);
  const built = orderBy.reduce(
    (so, term) => so.orderBy(...term),
    orderBy.length === 0 ? filtered.orderBy("id") : filtered,
  );
  const ranged = (limit === undefined ? built : built.limit(limit)).offset(offset);
  const part = found.slice(offset, limit === undefined ? undefined : offset + limit);
  expect(ranged.all()).toEqual(part);
  expect([ranged.count(), ranged.exists(), ranged.first()]).toEqual([part.length, part.length > 0, part[0] ?? null]);
  expect(ranged.select("id", "f0").all()).toEqual(
    part.map((row) => ("f0" in row ? { id: row.id, f0: row["f0"] } : { id: row.id })),
  );

  const items: unknown[] = [];
  let after: string | null = null;
  do {
    const page: { items: unknown[]; nextCursor: string | null } = built.page({ cursor: after, limit: size });
    items.push(...page.items);
    after = page.nextCursor;
  } while (after !== null);
  expect(items).toEqual(found);
}
