import { initTRPC } from "@trpc/server";
import { initUserDO, table } from "trpc-userdo/router";
import { expectTypeOf } from "vitest";
import { z } from "zod";

const t = initUserDO({
  tables: {
    user: { notes: table(z.object({ title: z.string() })) },
    organization: { items: table(z.object({ sku: z.string() })) },
  },
  context: () => ({ requestedAt: new Date(0) }),
});
const gate = t.middleware(({ next, path }) => next({ ctx: { path } }));
const timed = t.procedure.use(({ next }) => next({ ctx: { at: 1 } }));
const bare = t.procedure.use(({ next }) => next());

// A builder can be composed of others, of the same `t` and of a plug-in without the app's types.
export const onUser = t.userProcedure.concat(timed).query(({ ctx }) => {
  expectTypeOf(ctx.at).toEqualTypeOf<number>();
  expectTypeOf(ctx.user.email).toEqualTypeOf<string>();
  expectTypeOf(ctx.tables.notes.first()?.title).toEqualTypeOf<string | undefined>();
  expectTypeOf(ctx.requestedAt).toEqualTypeOf<Date>();
});
export const onNobody = t.procedure.concat(timed).query(({ ctx }) => {
  expectTypeOf(ctx.at).toEqualTypeOf<number>();
  // @ts-expect-error the procedure can run anywhere
  void ctx.tables;
});
export const twice = t.userProcedure.concat(bare).concat(timed).use(gate);
export const gatedUser = t.procedure.use(gate).concat(t.userProcedure);
gatedUser.query(({ ctx }) => {
  expectTypeOf(ctx.path).toEqualTypeOf<string>();
  expectTypeOf(ctx.tables.notes.first()?.title).toEqualTypeOf<string | undefined>();
});
export const gatedOrganization = t.procedure
  .use(gate)
  .concat(t.organizationProcedure)
  .query(({ ctx, input }) => {
    expectTypeOf(input).toEqualTypeOf<undefined>();
    expectTypeOf(ctx.tables.items.first()?.sku).toEqualTypeOf<string | undefined>();
  });
const plugin = initTRPC
  .context<{ caller: { type: string } }>()
  .create()
  .procedure.input(z.object({ page: z.number() }));
export const withPlugin = t.userProcedure.concat(plugin).query(({ ctx, input }) => {
  expectTypeOf(input.page).toEqualTypeOf<number>();
  expectTypeOf(ctx.user.email).toEqualTypeOf<string>();
});

// Another `t` does not have the types of this one.
const other = initUserDO({ tables: { user: { songs: table(z.object({ name: z.string() })) } } });
// @ts-expect-error its tables are different
t.userProcedure.concat(other.procedure.use(({ next }) => next()));

// A procedure calls another one with its own context.
const appRouter = t.router({
  ...t.builtin,
  first: t.userProcedure.query(() => 1),
  second: t.userProcedure.use(gate).query(({ ctx }): Promise<number> => appRouter.createCaller(ctx).first()),
  third: t.organizationProcedure.query(({ ctx }): Promise<number> => appRouter.createCaller(ctx).first()),
});
