import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { initUserDO, table } from "trpc-userdo/router";
import { createCaller } from "trpc-userdo/worker";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// The types of procedures and tables of the whole app. This file is compiled, never run.

const t = initUserDO({
  tables: {
    user: { notes: table(z.object({ text: z.string() })) },
    app: { prices: table(z.object({ sku: z.string(), cents: z.int() })) },
  },
  kv: { flags: z.object({ newEditor: z.boolean() }) },
  migrations: { app: [{ id: "one", up() {} }] },
  context: () => ({ requestedAt: new Date(0) }),
});

const appRouter = t.router({
  ...t.builtin,
  prices: t.router({
    list: t.appProcedure.query(({ ctx }) => {
      expectTypeOf(ctx.caller.type).toEqualTypeOf<"user" | "system">();
      expectTypeOf(ctx.owner.type).toEqualTypeOf<"user" | "organization" | "app">();
      expectTypeOf(ctx.kv.get("flags")?.newEditor).toEqualTypeOf<boolean | undefined>();
      expectTypeOf(ctx.requestedAt).toEqualTypeOf<Date>();
      // @ts-expect-error the table belongs to users
      void ctx.tables.notes;
      // @ts-expect-error there is no user of the object
      void ctx.setUserFields;
      return ctx.tables.prices.all();
    }),
    set: t.appProcedure
      .input(z.object({ sku: z.string(), cents: z.int() }))
      .mutation(({ ctx, input }) => ctx.commit(() => ctx.tables.prices.create(input))),
    cheapest: t.appProcedure.query(({ ctx }) => {
      const [first] = ctx.db.all(ctx.db.selectFrom("prices").select("cents").orderBy("cents").limit(1));
      expectTypeOf(first?.cents).toEqualTypeOf<number | undefined>();
      // @ts-expect-error Kysely knows the tables of the app only
      ctx.db.selectFrom("notes");
      return first?.cents;
    }),
    changes: t.appProcedure.subscription(({ ctx, signal }) => ctx.tables.prices.changes({ signal })),
  }),
  notes: t.userProcedure.query(({ ctx }) => {
    // @ts-expect-error the table belongs to the app
    void ctx.tables.prices;
    return ctx.tables.notes.all();
  }),
});

// Clients add nothing to the input.
expectTypeOf<inferRouterInputs<typeof appRouter>["prices"]["list"]>().toEqualTypeOf<void>();
expectTypeOf<inferRouterInputs<typeof appRouter>["prices"]["set"]>().toEqualTypeOf<{ sku: string; cents: number }>();
expectTypeOf<inferRouterOutputs<typeof appRouter>["prices"]["cheapest"]>().toEqualTypeOf<number | undefined>();

export async function call(namespace: DurableObjectNamespace): Promise<void> {
  const caller = createCaller<typeof appRouter>(namespace).asSystem();
  const [price] = await caller.prices.list();
  expectTypeOf(price?.cents).toEqualTypeOf<number | undefined>();
  // @ts-expect-error a price has cents
  await caller.prices.set({ sku: "a" });
}

// @ts-expect-error there is no such kind of owner
initUserDO({ tables: { everybody: {} } });
