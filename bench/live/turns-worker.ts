import { createUserDO } from "trpc-userdo/do";
import { initUserDO, table } from "trpc-userdo/router";
import { createWorker } from "trpc-userdo/worker";
import { z } from "zod";

const t = initUserDO({ tables: { organization: { notes: table(z.object({ text: z.string() })) } } });

// The objects and the Worker share one isolate here.
const tokens: string[] = [];

const appRouter = t.router({
  ...t.builtin,
  tokens: t.procedure.query(() => tokens),
  /** Takes a few milliseconds. */
  heavy: t.organizationProcedure.query(({ ctx }) => {
    for (let n = 0; n < 40; n++) ctx.tables.notes.create({ text: "x" });
    return ctx.tables.notes.limit(200).all().length;
  }),
  echo: t.organizationProcedure.input(z.object({ text: z.string() })).query(({ input }) => input),
  list: t.organizationProcedure.query(({ ctx }) => ctx.tables.notes.limit(20).all()),
  changes: t.organizationProcedure.subscription(({ ctx, signal }) => ctx.tables.notes.changes({ signal })),
});

export class BlogDO extends createUserDO(appRouter, {
  async mail(mail) {
    if (mail.kind === "verifyEmail") tokens.push(mail.token);
  },
  appUrl: "http://localhost",
}) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
