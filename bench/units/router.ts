import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";

const Post = z.object({ title: z.string(), body: z.string(), done: z.boolean().default(false) });
const Id = z.object({ id: z.string() });

const t = initUserDO({ tables: { user: { posts: table(Post, { indexes: ["createdAt"] }) } } });

export const appRouter = t.router({
  ...t.builtin,
  echo: t.userProcedure.input(z.object({ text: z.string() })).query(({ input }) => input),
  team: t.organizationProcedure.query(() => "team"),
  posts: t.router({
    byId: t.userProcedure.input(Id).query(({ ctx, input }) => ctx.tables.posts.findById(input.id)),
    list: t.userProcedure.query(({ ctx }) => ctx.tables.posts.orderBy("createdAt", "desc").limit(10).all()),
    latest: t.userProcedure.query(({ ctx }) => ctx.tables.posts.orderBy("createdAt", "desc").first()),
    create: t.userProcedure.input(Post).mutation(({ ctx, input }) => ctx.tables.posts.create(input)),
    createMany: t.userProcedure.input(z.array(Post)).mutation(({ ctx, input }) => ctx.tables.posts.createMany(input)),
    rename: t.userProcedure
      .input(Id.extend({ title: z.string() }))
      .mutation(({ ctx, input }) => ctx.tables.posts.update(input.id, { title: input.title })),
    remove: t.userProcedure.input(Id).mutation(({ ctx, input }) => ctx.tables.posts.delete(input.id)),
  }),
});
