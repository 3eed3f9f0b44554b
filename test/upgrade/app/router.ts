import { initUserDO, table } from "trpc-userdo/router";
import { z } from "zod";

const Post = z.object({ title: z.string(), body: z.string().default("") });

/** A column of each kind. */
const Thing = z.object({
  name: z.string(),
  stars: z.int(),
  price: z.number(),
  sold: z.boolean(),
  at: z.date(),
  big: z.bigint(),
  bytes: z.instanceof(Uint8Array),
  kind: z.enum(["low", "high"]),
  tags: z.array(z.string()),
  details: z.record(z.string(), z.unknown()),
  missing: z.string().optional(),
});

const t = initUserDO({
  tables: {
    user: { posts: table(Post, { indexes: ["title"] }), things: table(Thing, { unique: ["name"] }) },
    organization: { projects: table(z.object({ name: z.string() })) },
  },
  kv: { preferences: z.object({ theme: z.enum(["light", "dark"]), since: z.date() }) },
  profile: z.object({ firstName: z.string().optional(), born: z.date().optional() }),
  session: z.object({ cart: z.array(z.string()).default([]) }),
  roles: { admin: ["member:manage", "project:write"], member: ["project:write"] },
  organizationSettings: z.object({ plan: z.enum(["free", "paid"]).default("free") }),
});

/** An app that stores every kind of data, under names that are the same in all versions. */
export const appRouter = t.router({
  ...t.builtin,
  posts: t.router({
    list: t.userProcedure.query(({ ctx }) => ctx.tables.posts.orderBy("title", "asc").all()),
    create: t.userProcedure.input(Post).mutation(({ ctx, input }) => ctx.tables.posts.create(input)),
    rename: t.userProcedure
      .input(z.object({ id: z.string(), title: z.string() }))
      .mutation(({ ctx, input }) => ctx.tables.posts.update(input.id, { title: input.title })),
    createLater: t.userProcedure.input(Post).mutation(({ ctx, input }) => {
      ctx.schedule.in<AppRouter>(0, "posts.create", input, { name: "later" });
    }),
    delete: t.userProcedure
      .input(z.object({ id: z.string() }))
      .mutation(({ ctx, input }) => ctx.tables.posts.delete(input.id)),
    changes: t.userProcedure.subscription(({ ctx, signal }) => ctx.tables.posts.changes({ signal })),
  }),
  things: t.router({
    list: t.userProcedure.query(({ ctx }) => ctx.tables.things.orderBy("name", "asc").all()),
    create: t.userProcedure.input(Thing).mutation(({ ctx, input }) => ctx.tables.things.create(input)),
  }),
  projects: t.router({
    list: t.organizationProcedure.query(({ ctx }) => ctx.tables.projects.orderBy("name", "asc").all()),
    create: t.organizationProcedure
      .use(t.can("project:write"))
      .input(z.object({ name: z.string() }))
      .mutation(({ ctx, input }) => ctx.tables.projects.create({ name: input.name })),
    createLater: t.organizationProcedure.input(z.object({ name: z.string() })).mutation(({ ctx, input }) => {
      ctx.schedule.in<AppRouter>(0, "projects.create", input, { name: "later" });
    }),
    theme: t.organizationProcedure.query(({ ctx }) => ctx.kv.get("preferences")?.theme),
    setTheme: t.organizationProcedure.mutation(
      ({ ctx }) => void ctx.kv.set("preferences", { theme: "dark", since: new Date("2026-01-02T03:04:05Z") }),
    ),
  }),
});

export type AppRouter = typeof appRouter;
