import { createUserDO } from "trpc-userdo/do";
import { initUserDO, table } from "trpc-userdo/router";
import { createWorker } from "trpc-userdo/worker";
import { z } from "zod";
import { noMail } from "../app/no-mail.js";

const Task = z.object({ title: z.string(), list: z.string(), rank: z.number(), done: z.boolean() });
const t = initUserDO({ tables: { user: { tasks: table(Task) } } });

const appRouter = t.router({
  ...t.builtin,
  tasks: t.router({
    all: t.userProcedure.query(({ ctx }) => ctx.tables.tasks.orderBy("id").all()),
    fill: t.userProcedure.input(z.number()).mutation(({ ctx, input }) => {
      const tasks = Array.from({ length: input }, (_, rank) => ({
        title: `Task ${rank} of this list`,
        list: "inbox",
        rank,
        done: false,
      }));
      return ctx.tables.tasks.createMany(tasks).map(({ id }) => id);
    }),
    rename: t.userProcedure
      .input(z.object({ id: z.string(), title: z.string() }))
      .mutation(({ ctx, input }) => void ctx.tables.tasks.update(input.id, { title: input.title })),
  }),
});

export class BlogDO extends createUserDO(appRouter, noMail) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
