import { z } from "zod";
import { awakeObject } from "./awake.ts";
import { projectsRouter } from "./projects.ts";
import { t, Task } from "./trpc.ts";

export const appRouter = t.router({
  // Accounts, sessions and organizations: `auth.*`, `sessions.*`, `account.*`, `organizations.*`.
  ...t.builtin,

  tasks: t.router({
    list: t.userProcedure.query(({ ctx }) => ctx.tables.tasks.orderBy("createdAt", "desc").all()),
    create: t.userProcedure
      // A page that works offline chooses the id, so that it can show and change the task before it is stored.
      .input(Task.pick({ title: true }).extend({ id: z.uuidv7().optional() }))
      .mutation(({ ctx, input }) => ctx.tables.tasks.create(input)),
    setDone: t.userProcedure
      .input(z.object({ id: z.string(), done: z.boolean() }))
      .mutation(({ ctx, input: { id, done } }) => ctx.tables.tasks.update(id, { done })),
    delete: t.userProcedure
      .input(z.object({ id: z.string() }))
      .mutation(({ ctx, input }) => ctx.tables.tasks.delete(input.id)),
    // Delivers each committed change over a WebSocket that lets the object hibernate in between.
    changes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.tasks.changes({ signal })),
  }),

  projects: projectsRouter,

  // For the line at the bottom of the page, which shows that the object hibernates.
  object: t.router({
    awake: t.userProcedure.query(({ ctx }) => awakeObject(`user:${ctx.user.id}`) ?? null),
  }),
});

export type AppRouter = typeof appRouter;
