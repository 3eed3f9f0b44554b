import fc from "fast-check";
import { z } from "zod";

/** A row, or the values for one, as the app sees it. */
export type Values = Readonly<Record<string, unknown>>;

/** A field of a random table. */
export interface Field {
  readonly name: string;
  readonly kind: keyof typeof kinds;
  readonly may: "always" | "optional" | "nullable" | "nullish" | "default";
}

const text = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("", "a", "A", "ab", "ä", "a%", "%", "_", "\uffff", "\u{1f600}", "a\0b", "'"),
  },
  fc.string({ unit: "binary", maxLength: 6 }),
);
const real = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.1 + 0.2, 5e-324, 2e300),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
);
const small = fc.integer({ min: -2, max: 2 });
const int = fc.oneof(small, fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER));
const element = fc.oneof(fc.constantFrom("a", "1", ""), small);

/** Small domains, so that rows are often equal. */
export const kinds = {
  text: { schema: z.string(), value: text, filled: "filled" },
  real: { schema: z.number(), value: real, filled: 0.5 },
  integer: { schema: z.int(), value: int, filled: 7 },
  flag: { schema: z.boolean(), value: fc.boolean(), filled: true },
  date: { schema: z.date(), value: small.map((day) => new Date(day * 86_400_000)), filled: new Date(5) },
  choice: { schema: z.enum(["low", "high"]), value: fc.constantFrom("low", "high"), filled: "low" },
  bigint: {
    schema: z.bigint(),
    value: fc.oneof(fc.constantFrom(0n, -1n, 10n, 9n, -10n), fc.bigInt({ min: -(10n ** 39n), max: 10n ** 39n })),
    filled: 1n,
  },
  bytes: { schema: z.instanceof(Uint8Array), value: fc.uint8Array({ maxLength: 2 }), filled: new Uint8Array([1]) },
  list: { schema: z.array(z.union([z.string(), z.int()])), value: fc.array(element, { maxLength: 3 }), filled: ["a"] },
  object: {
    schema: z.object({ a: z.int(), b: z.string().optional() }),
    value: fc.record({ a: small, b: fc.constantFrom("", "x") }, { requiredKeys: ["a"] }),
    filled: { a: 1 },
  },
} as const satisfies Record<string, { schema: z.ZodType; value: fc.Arbitrary<unknown>; filled: unknown }>;

export const field = (index: number): fc.Arbitrary<Field> =>
  fc.record({
    name: fc.constant(`f${index}`),
    kind: fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])),
    may: fc.constantFrom("always", "optional", "nullable", "nullish", "default"),
  });

/** The zod type of a field. */
export function schemaOf({ kind, may }: Field): z.ZodType {
  const { schema, filled } = kinds[kind];
  if (may === "always") return schema;
  return may === "default" ? (schema as z.ZodType).default(filled) : schema[may]();
}

/** The stored values of a row that is created with these. */
export function filled(fields: readonly Field[], values: Values): Values {
  return asRead(
    fields,
    Object.fromEntries(
      fields.map(({ name, kind, may }) => [
        name,
        may === "default" ? (values[name] ?? kinds[kind].filled) : values[name],
      ]),
    ),
  );
}

/** A field without a value is missing when it is optional, and `null` when it may be null. */
function asRead(fields: readonly Field[], values: Values): Values {
  const entries = fields.flatMap(({ name, may }): [string, unknown][] => {
    const value = values[name] ?? undefined;
    if (value !== undefined) return [[name, value]];
    return may === "optional" ? [] : [[name, null]];
  });
  return { ...values, ...Object.fromEntries(entries) };
}

/** A row after an update: `undefined` keeps a field, `null` clears it. */
export function patched(fields: readonly Field[], row: Values, patch: Values): Values {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  const next: Record<string, unknown> = { ...row, ...Object.fromEntries(given) };
  for (const { name, may } of fields) if (may === "optional" && next[name] === null) delete next[name];
  return next;
}

/** Whether the schema accepts a patch. */
export function takes(fields: readonly Field[], patch: Values): boolean {
  return fields.every(({ name, may }) => patch[name] !== null || (may !== "always" && may !== "default"));
}

/** The order of two values of one kind: texts and bytes by their bytes. */
export function compare(one: unknown, other: unknown): number {
  if (typeof one === "string") return compareBytes(new TextEncoder().encode(one), encode(other));
  if (one instanceof Uint8Array) return compareBytes(one, other as Uint8Array);
  const [left, right] = [one as number, other as number];
  return left < right ? -1 : left > right ? 1 : 0;
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(String(value));
}

function compareBytes(one: Uint8Array, other: Uint8Array): number {
  for (let index = 0; index < Math.min(one.length, other.length); index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Whether two values of one kind are equal. */
export function same(one: unknown, other: unknown): boolean {
  return textOf(one) === textOf(other);
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    if (part instanceof Uint8Array) return [...part];
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
