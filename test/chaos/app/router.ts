import { TRPCError, tracked } from "@trpc/server";
import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";

const t = initUserDO({
  tables: {
    user: {
      items: table(z.object({ n: z.int(), slot: z.int().nullish() }), { unique: ["slot"] }),
      notes: table(z.object({ n: z.int(), text: z.string() })),
    },
  },
});

const Write = z.object({
  table: z.enum(["items", "notes"]),
  op: z.enum(["create", "update", "delete"]),
  /** Which row, of those that there are. */
  pick: z.int(),
  /** Tells this write from every other. */
  n: z.int(),
});

const Turn = z.object({ writes: z.array(Write), fail: z.boolean() });

type Context = Parameters<Parameters<typeof t.userProcedure.mutation>[0]>[0]["ctx"];

/** Applies one write; says which row it created, if it did. */
function apply({ tables }: Context, { table: name, op, pick, n }: z.infer<typeof Write>): string[] {
  if (op === "create") {
    const slot = pick % 3 === 0 ? pick % 12 : null;
    if (name === "notes") return [tables.notes.create({ n, text: "x".repeat(pick % 90) }).id];
    // A slot that is taken fails the whole mutation, as an app's own check would.
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

export const appRouter = t.router({
  ...t.builtin,
  touch: t.userProcedure.query(() => true),
  /** All of it, or none. */
  write: t.userProcedure.input(Turn).mutation(({ ctx, input }) => {
    const created = input.writes.flatMap((write) => apply(ctx, write));
    if (input.fail) throw failed();
    return created;
  }),
  /** A transaction for each write, with other events of the object in between. */
  writeSlowly: t.userProcedure.input(Turn).mutation(async ({ ctx, input }) => {
    const created: string[] = [];
    for (const write of input.writes) {
      await scheduler.wait(0);
      created.push(...ctx.transaction(() => apply(ctx, write)));
    }
    await scheduler.wait(0);
    if (!input.fail) return created;
    return ctx.transaction(() => {
      for (const write of input.writes) apply(ctx, write);
      throw failed();
    });
  }),
  items: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.items.changes({ signal })),
  notes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.notes.changes({ signal })),
  /** The app's own generators, around the same. */
  watchItems: t.userProcedure.subscription(async function* ({ ctx, signal }) {
    for await (const [id, change] of ctx.tables.items.changes({ signal })) yield tracked(id, change);
  }),
  watchNotes: t.userProcedure.subscription(async function* ({ ctx, signal }) {
    for await (const [id, change] of ctx.tables.notes.changes({ signal })) {
      await Promise.resolve();
      yield tracked(id, change);
    }
  }),
});

export type AppRouter = typeof appRouter;
