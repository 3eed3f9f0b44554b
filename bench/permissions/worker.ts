import { createUserDO } from "trpc-userdo/do";
import { initUserDO, table } from "trpc-userdo/router";
import { createWorker } from "trpc-userdo/worker";
import { z } from "zod";
import { noMail } from "../app/no-mail.js";

const Post = z.object({ title: z.string() });

const t = initUserDO({
  tables: { user: { posts: table(Post) }, app: { posts: table(Post) } },
  appRoles: { member: ["post:read"] },
});

const appRouter = t.router({
  ...t.builtin,
  user: t.router({
    unguarded: t.userProcedure.query(({ ctx }) => ctx.tables.posts.count()),
    guarded: t.userProcedure.use(t.appCan("post:read")).query(({ ctx }) => ctx.tables.posts.count()),
  }),
  app: t.router({
    unguarded: t.appProcedure.query(({ ctx }) => ctx.tables.posts.count()),
    guarded: t.appProcedure.use(t.appCan("post:read")).query(({ ctx }) => ctx.tables.posts.count()),
  }),
});

export class BlogDO extends createUserDO(appRouter, noMail) {}

export default createWorker(appRouter, { binding: "BLOG_DO" });
