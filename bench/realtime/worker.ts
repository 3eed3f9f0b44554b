import { createUserDO } from "trpc-userdo/do";
import { initUserDO, table, transient } from "trpc-userdo/router";
import { createWorker } from "trpc-userdo/worker";
import { z } from "zod";
import { noMail } from "../app/no-mail.js";

const Text = z.object({ text: z.string() });

const t = initUserDO({
  tables: { user: { runs: table(z.object({ n: z.int() })) } },
  events: { user: { stored: Text, fleeting: transient(Text) } },
  presence: { app: z.object({ page: z.string() }) },
});

const appRouter = t.router({
  ...t.builtin,
  emitStored: t.userProcedure.input(Text).mutation(({ ctx, input }) => ctx.events.emit("stored", input)),
  emitTransient: t.userProcedure.input(Text).mutation(({ ctx, input }) => ctx.events.emit("fleeting", input)),
  plan: t.userProcedure.input(z.object({ from: z.int(), to: z.int(), seconds: z.int() })).mutation(({ ctx, input }) => {
    for (let n = input.from; n < input.to; n++) {
      // The type of the router is not known inside of it.
      ctx.schedule.in(input.seconds, "run", { n }, { name: `run ${n}` });
    }
  }),
  run: t.userProcedure.input(z.object({ n: z.int() })).mutation(({ ctx, input }) => {
    ctx.tables.runs.create(input);
  }),
  countRuns: t.userProcedure.query(({ ctx }) => ctx.tables.runs.count()),
});

export class BlogDO extends createUserDO(appRouter, { ...noMail, presence: { gracePeriod: 0 } }) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
