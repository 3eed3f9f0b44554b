import { createUserDO } from "trpc-userdo/do";
import { initUserDO, table } from "trpc-userdo/router";
import { createWorker } from "trpc-userdo/worker";
import { z } from "zod";
import { noMail } from "../app/no-mail.js";

const t = initUserDO({ tables: { user: { notes: table(z.object({ text: z.string() })) } } });

const appRouter = t.router({
  ...t.builtin,
  echo: t.userProcedure.input(z.object({ text: z.string() })).query(({ input }) => input),
  notes: t.router({
    /** About 10 KB, changed by each write. */
    large: t.userProcedure
      .input(z.object({ n: z.int() }))
      .query(({ ctx, input }) => ({ n: input.n, count: ctx.tables.notes.count(), text: "x".repeat(10_000) })),
    create: t.userProcedure
      .input(z.object({ text: z.string() }))
      .mutation(({ ctx, input }) => ctx.tables.notes.create(input)),
    createMany: t.userProcedure.input(z.object({ count: z.int() })).mutation(({ ctx, input }) => {
      ctx.tables.notes.createMany(Array.from({ length: input.count }, (_, n) => ({ text: String(n) })));
    }),
    changes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.notes.changes({ signal })),
  }),
});

export class BlogDO extends createUserDO(appRouter, noMail) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
