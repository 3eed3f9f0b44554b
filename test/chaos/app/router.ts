import { tracked } from "@trpc/server";
import { team } from "./team.js";
import { t, Turn, write, writeSlowly } from "./write.js";

export const appRouter = t.router({
  ...t.builtin,
  team,
  touch: t.userProcedure.query(() => true),
  write: t.userProcedure.input(Turn).mutation(({ ctx, input }) => write(ctx, input)),
  writeSlowly: t.userProcedure.input(Turn).mutation(({ ctx, input }) => writeSlowly(ctx, input)),
  items: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.items.changes({ signal })),
  notes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.notes.changes({ signal })),
  /** The app's own generators around the same sources. */
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
