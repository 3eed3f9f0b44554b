import { TRPCError } from "@trpc/server";
import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";

const tables = {
  items: table(z.object({ n: z.int(), slot: z.int().nullish() }), { unique: ["slot"] }),
  notes: table(z.object({ n: z.int(), text: z.string() })),
};

export const t = initUserDO({ tables: { user: tables, organization: tables } });

const Write = z.object({
  table: z.enum(["items", "notes"]),
  op: z.enum(["create", "update", "delete"]),
  /** Picks a row among those that exist. */
  pick: z.int(),
  /** Identifies this write among all others. */
  n: z.int(),
});

export const Turn = z.object({ writes: z.array(Write), fail: z.boolean() });

export type Turn = z.infer<typeof Turn>;

type Context = Pick<Parameters<Parameters<typeof t.userProcedure.mutation>[0]>[0]["ctx"], "tables" | "transaction">;

/** Applies one write, and returns the id of the row that it created, if any. */
function apply({ tables }: Context, { table: name, op, pick, n }: z.infer<typeof Write>): string[] {
  if (op === "create") {
    const slot = pick % 3 === 0 ? pick % 12 : null;
    if (name === "notes") return [tables.notes.create({ n, text: "x".repeat(pick % 90) }).id];
    // A slot that is in use fails the whole mutation, as an app's own check would.
    return [tables.items.create({ n, slot }).id];
  }
  const rows = tables[name].orderBy("id").all();
  const row = rows[pick % Math.max(rows.length, 1)];
  if (!row) return [];
  if (op === "delete") tables[name].delete(row.id);
  else if (name === "items") tables.items.update(row.id, { n });
  else tables.notes.update(row.id, { n });
  return [];
}

function failed(): TRPCError {
  return new TRPCError({ code: "CONFLICT", message: "Rolled back." });
}

/** Applies all writes or none. Returns the ids of the created rows. */
export function write(ctx: Context, { writes, fail }: Turn): string[] {
  const created = writes.flatMap((each) => apply(ctx, each));
  if (fail) throw failed();
  return created;
}

/** Runs a transaction for each write, with other events of the object in between. */
export async function writeSlowly(ctx: Context, { writes, fail }: Turn): Promise<string[]> {
  const created: string[] = [];
  for (const each of writes) {
    await scheduler.wait(0);
    created.push(...ctx.transaction(() => apply(ctx, each)));
  }
  await scheduler.wait(0);
  if (!fail) return created;
  return ctx.transaction(() => {
    for (const each of writes) apply(ctx, each);
    throw failed();
  });
}
