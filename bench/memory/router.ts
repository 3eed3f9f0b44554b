import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";

const t = initUserDO({ tables: { user: { notes: table(z.object({ text: z.string() })) } } });
const pending = new Set<() => void>();

const Many = z.object({ count: z.int(), bytes: z.int() });

export const appRouter = t.router({
  ...t.builtin,
  notes: t.router({
    createMany: t.userProcedure.input(Many).mutation(({ ctx, input }) => {
      for (let n = 0; n < input.count; n++) ctx.tables.notes.create({ text: String(n).padEnd(input.bytes, "x") });
    }),
    list: t.userProcedure
      .input(z.object({ name: z.string(), count: z.int() }))
      .query(({ ctx, input }) => ({ name: input.name, rows: ctx.tables.notes.orderBy("id").limit(input.count).all() })),
    changes: t.userProcedure
      .input(z.object({ text: z.string() }).optional())
      .subscription(({ ctx, signal }) => ctx.tables.notes.changes({ signal })),
  }),
  keys: t.userProcedure.input(Many).mutation(({ ctx, input }) => {
    for (let n = 0; n < input.count; n++) ctx.kv.set(`key ${n}`, String(n).padEnd(input.bytes, "x"));
  }),
  /** Returns when `release` is called, and the following messages of its socket wait. */
  hold: t.userProcedure.query(async () => {
    await new Promise<void>((resolve) => pending.add(resolve));
    return "released";
  }),
  release: t.userProcedure.mutation(() => {
    for (const resolve of pending) resolve();
    pending.clear();
  }),
  echo: t.userProcedure.input(z.object({ text: z.string() })).query(({ input }) => input.text.length),
});
