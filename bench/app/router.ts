import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";

const Post = z.object({ title: z.string().min(1), body: z.string(), done: z.boolean().default(false) });

const t = initUserDO({ tables: { user: { posts: table(Post, { indexes: ["done"] }) } } });

/** The measured app, written as a newcomer would write it. */
export const appRouter = t.router({
  ...t.builtin,
  echo: t.userProcedure.input(z.object({ text: z.string() })).query(({ input }) => input),
  posts: t.router({
    list: t.userProcedure.query(({ ctx }) => ctx.tables.posts.orderBy("createdAt", "desc").limit(50).all()),
    latest: t.userProcedure.query(({ ctx }) => ctx.tables.posts.orderBy("createdAt", "desc").select("title").first()),
    byId: t.userProcedure
      .input(z.object({ id: z.string() }))
      .query(({ ctx, input }) => ctx.tables.posts.findById(input.id)),
    create: t.userProcedure.input(Post).mutation(({ ctx, input }) => ctx.tables.posts.create(input)),
    changes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.posts.changes({ signal })),
  }),
});

export type AppRouter = typeof appRouter;
