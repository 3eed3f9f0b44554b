import { z } from "zod";
import type { AnyQuery } from "../../../src/do/tables/query/create-query.js";
import { table } from "../../../src/router/schema/table.js";
import { withTables } from "./with-tables.js";

const Thing = z.object({
  n: z.int(),
  text: z.string().optional(),
  number: z.number().nullable(),
  flag: z.boolean().optional(),
  at: z.date().optional(),
  kind: z.enum(["low", "high"]).optional(),
  big: z.bigint().optional(),
  bytes: z.instanceof(Uint8Array).optional(),
  tags: z
    .array(z.union([z.string(), z.number(), z.boolean(), z.null(), z.object({ a: z.int(), b: z.date() })]))
    .optional(),
  mixed: z.union([z.string(), z.number()]).optional(),
});
export const thingTables = { things: table(Thing) };

export const day = (n: number): Date => new Date(n * 86_400_000);

const things: z.input<typeof Thing>[] = [
  { n: 1, text: "apple", number: 1.5, flag: true, at: day(1), kind: "low", big: 10n, tags: ["a", 1, true, null] },
  {
    n: 2,
    text: "Äpfel 100%_\\",
    number: -2,
    flag: false,
    at: day(2),
    kind: "high",
    big: -10n,
    tags: ["1", { a: 1, b: day(1) }],
  },
  { n: 3, text: "", number: 0, at: day(3), big: 9n, tags: [], mixed: 1, bytes: new Uint8Array([1, 2]) },
  { n: 4, number: null, flag: true, kind: "low", big: 0n, mixed: "1", bytes: new Uint8Array() },
  { n: 5, text: "applesauce", number: 0.1 + 0.2, flag: false, at: day(1), big: 10n ** 39n, tags: [0.1 + 0.2, 2e300] },
];

/** The numbers of the things that a query finds. */
export function found(query: AnyQuery): number[] {
  return query
    .all()
    .map((row) => Number(row["n"]))
    .sort((one, other) => one - other);
}

/** Runs a test in a new object that contains these things. */
export function withThings(run: (query: AnyQuery) => void): Promise<void> {
  return withTables(thingTables, ({ tables }) => {
    for (const thing of things) tables.things.create(thing);
    // These tests pass arguments that the types refuse.
    run(tables.things as unknown as AnyQuery);
  });
}
