import { initUserDO, table } from "trpc-userdo/router";
import { createCaller, watchQuery } from "trpc-userdo/worker";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// In another Worker, too, live queries have the query's own types. This file is compiled, never run.

const t = initUserDO({ tables: { user: { posts: table(z.object({ title: z.string() })) } } });
const router = t.router({
  posts: t.router({
    list: t.userProcedure.query(({ ctx }) => ctx.tables.posts.all()),
    titled: t.userProcedure
      .input(z.object({ title: z.string() }))
      .query(({ ctx, input }) => ctx.tables.posts.where("title", "==", input.title).count()),
  }),
});

export async function follow(namespace: DurableObjectNamespace, userId: string): Promise<void> {
  const caller = createCaller<typeof router>(namespace).asUser({ userId });
  for await (const posts of watchQuery(caller.posts.list)) {
    expectTypeOf(posts[0]?.title).toEqualTypeOf<string | undefined>();
    expectTypeOf(posts[0]?.createdAt).toEqualTypeOf<Date | undefined>();
  }
  for await (const count of watchQuery(caller.posts.titled, { title: "x" })) {
    expectTypeOf(count).toEqualTypeOf<number>();
  }
  // @ts-expect-error the query needs an input
  watchQuery(caller.posts.titled);
  // @ts-expect-error a title is a string
  watchQuery(caller.posts.titled, { title: 1 });
}
