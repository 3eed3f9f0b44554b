import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";

/** Set when the app is bundled: its second build adds a field. */
declare const SECOND_BUILD: boolean;

const Entry = z.object({ n: z.int() });
const shape = SECOND_BUILD ? Entry.extend({ note: z.string().optional() }) : Entry;

// The type of the first build, because clients know both builds by it.
const t = initUserDO({
  tables: {
    user: { entries: table(shape as typeof Entry), mirror: table(Entry), notes: table(z.object({ text: z.string() })) },
  },
});

export const appRouter = t.router({
  ...t.builtin,
  build: t.procedure.query(() => (SECOND_BUILD ? 2 : 1)),
  /** Writes to both tables, or to neither. */
  write: t.userProcedure.input(Entry).mutation(({ ctx, input }) => {
    const { id } = ctx.tables.entries.create(input);
    ctx.tables.mirror.create(input);
    return id;
  }),
  annotate: t.userProcedure.input(z.object({ id: z.string(), note: z.string() })).mutation(({ ctx, input }) => {
    ctx.tables.entries.update(input.id, { note: input.note } as object);
  }),
  remove: t.userProcedure.input(z.object({ id: z.string() })).mutation(({ ctx, input }) => {
    const row = ctx.tables.entries.findById(input.id);
    const twin = row && ctx.tables.mirror.where("n", "==", row.n).first();
    if (twin) ctx.tables.mirror.delete(twin.id);
    return ctx.tables.entries.delete(input.id);
  }),
  all: t.userProcedure.query(({ ctx }) => ({ entries: ctx.tables.entries.all(), mirror: ctx.tables.mirror.all() })),
  writeNotes: t.userProcedure.input(z.object({ count: z.int(), bytes: z.int() })).mutation(({ ctx, input }) => {
    for (let n = 0; n < input.count; n++) ctx.tables.notes.create({ text: String(n).padEnd(input.bytes, "x") });
  }),
  notes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.notes.changes({ signal })),
  changes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.entries.changes({ signal })),
});

export type AppRouter = typeof appRouter;
