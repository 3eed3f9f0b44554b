import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { initUserDO, table, type OperatorPermission } from "trpc-userdo/router";
import { createLoadSession, requirePermission } from "trpc-userdo/worker";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// Permissions are typed from `appRoles`. This file is compiled, never run.

const t = initUserDO({
  tables: { app: { announcements: table(z.object({ title: z.string() })) } },
  appRoles: {
    superadmin: ["billing:manage"],
    editor: ["announcement:write"],
    member: ["announcement:read"],
  },
});

type Permission = "billing:manage" | "announcement:write" | "announcement:read" | OperatorPermission;

t.appCan("announcement:write");
t.appCan("user:suspend");
t.appCan({ any: ["announcement:write", "billing:manage"] });
t.appCan({ all: ["announcement:write", "user:read"] });
// @ts-expect-error no role declares this permission
t.appCan("announcement:wirte");
// @ts-expect-error this one neither
t.appCan({ any: ["announcement:write", "announcement:delete"] });
// @ts-expect-error `all` is empty
t.appCan({ all: [] });

const router = t.router({
  ...t.builtin,
  write: t.appProcedure
    .use(t.appCan("announcement:write"))
    .input(z.object({ title: z.string() }))
    .mutation(({ ctx, input }) => ctx.tables.announcements.create(input)),
  mine: t.userProcedure.use(t.appCan("announcement:write")).query(({ ctx }) => {
    expectTypeOf(ctx.user.roles).toEqualTypeOf<readonly string[]>();
    expectTypeOf(ctx.user.permissions).toEqualTypeOf<readonly Permission[]>();
    return ctx.user;
  }),
  ours: t.organizationProcedure.use(t.appCan("announcement:read")).query(({ ctx }) => ctx.organization.name),
});

type Outputs = inferRouterOutputs<typeof router>;
expectTypeOf<Outputs["auth"]["me"]["user"]["permissions"]>().toEqualTypeOf<readonly Permission[]>();
expectTypeOf<Outputs["admin"]["roles"]["assign"]>().toEqualTypeOf<{
  readonly applied: boolean;
  readonly pending: number;
}>();

type Inputs = inferRouterInputs<typeof router>;
expectTypeOf<Inputs["admin"]["roles"]["create"]["permissions"]>().toEqualTypeOf<Permission[]>();

export async function route(request: Request, env: object): Promise<string> {
  const loadSession = createLoadSession<typeof router>({ binding: "BLOG_DO" });
  const { user } = requirePermission(await loadSession(request, env), "announcement:write");
  // @ts-expect-error no role declares this permission
  requirePermission(await loadSession(request, env), "announcement:wirte");
  return user.id;
}
