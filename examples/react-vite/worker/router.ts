import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";
import { awakeObject } from "./awake.ts";

const Task = z.object({
  title: z.string().trim().min(1, "Say what there is to do.").max(200, "Keep it below 200 characters."),
  done: z.boolean().default(false),
});

const Profile = z.object({
  name: z.string().trim().max(60, "Keep it below 60 characters.").optional(),
});

const t = initUserDO({
  // A table in each user's own Durable Object.
  tables: { user: { tasks: table(Task) } },
  // The app's own fields of a user: `user.profile`.
  profile: Profile,
  // What a form shows beside its fields. The client gets the type of it, too.
  errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, fields: fieldErrors(error.cause) } }),
});

function fieldErrors(cause: unknown): Record<string, string> {
  if (!(cause instanceof z.ZodError)) return {};
  return Object.fromEntries(cause.issues.map(({ path, message }) => [path.join("."), message]));
}

export const appRouter = t.router({
  // Accounts and sessions: `auth.*`, `sessions.*`, `account.*`.
  ...t.builtin,

  tasks: t.router({
    list: t.userProcedure.query(({ ctx }) => ctx.tables.tasks.orderBy("createdAt", "desc").all()),
    create: t.userProcedure
      .input(Task.pick({ title: true }))
      .mutation(({ ctx, input }) => ctx.tables.tasks.create(input)),
    setDone: t.userProcedure
      .input(z.object({ id: z.string(), done: z.boolean() }))
      .mutation(({ ctx, input: { id, done } }) => ctx.tables.tasks.update(id, { done })),
    delete: t.userProcedure
      .input(z.object({ id: z.string() }))
      .mutation(({ ctx, input }) => ctx.tables.tasks.delete(input.id)),
    // Each committed change, told over a WebSocket that lets the object sleep in between.
    changes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.tasks.changes({ signal })),
  }),

  // For the line at the foot of the page, which shows that the object sleeps.
  object: t.router({
    awake: t.userProcedure.query(({ ctx }) => awakeObject(`user:${ctx.user.id}`) ?? null),
  }),
});

export type AppRouter = typeof appRouter;
