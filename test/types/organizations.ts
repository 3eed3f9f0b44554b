import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { initUserDO, table, type OrganizationMember } from "trpc-userdo/router";
import { expectTypeOf } from "vitest";
import { z } from "zod";

// Permissions are typed from `roles`. This file is compiled, never run.

const t = initUserDO({
  tables: { organization: { projects: table(z.object({ name: z.string() })) } },
  roles: {
    owner: ["billing:manage"],
    admin: ["member:manage", "project:write"],
    member: ["project:read"],
  },
  organizationSettings: z.object({ plan: z.enum(["free", "paid"]).default("free") }),
});

type Role = "owner" | "admin" | "member";
// No role has "organization:update": the owner has it nevertheless.
type Permission = "billing:manage" | "member:manage" | "organization:update" | "project:write" | "project:read";

t.can("project:write");
t.can("organization:update");
t.can({ any: ["project:write", "member:manage"] });
t.can({ all: ["project:write", "billing:manage"] });
// @ts-expect-error no role has this permission
t.can("project:wirte");
// @ts-expect-error this one neither
t.can({ any: ["project:write", "project:delete"] });
// @ts-expect-error `any` is empty
t.can({ any: [] });
// @ts-expect-error `all` is empty
t.can({ all: [] });

const router = t.router({
  ...t.builtin,
  write: t.organizationProcedure
    .use(t.can("project:write"))
    .input(z.object({ name: z.string() }))
    .mutation(({ ctx, input }) => {
      expectTypeOf(ctx.member.role).toEqualTypeOf<Role>();
      expectTypeOf(ctx.member.permissions).toEqualTypeOf<readonly Permission[]>();
      expectTypeOf(ctx.member.userId).toEqualTypeOf<string>();
      expectTypeOf(ctx.organization.settings.plan).toEqualTypeOf<"free" | "paid">();
      expectTypeOf(input).toEqualTypeOf<{ name: string }>();
      return ctx.tables.projects.create(input);
    }),
  strict: t.organizationProcedure.input(z.strictObject({ name: z.string() })).query(({ input }) => input),
  named: t.organizationProcedure
    .input(z.object({ organizationId: z.string(), name: z.string() }))
    .query(({ input }) => input),
  without: t.organizationProcedure.query(({ input }) => input),
  chained: t.organizationProcedure
    .input(z.object({ a: z.string().default("") }))
    .input(z.object({ b: z.number() }))
    .subscription(async function* ({ ctx, input }) {
      yield await Promise.resolve({ ...input, after: ctx.lastEventId });
    }),
  // @ts-expect-error a user's procedure has no member
  none: t.userProcedure.query(({ ctx }) => ctx.member),
});

type Inputs = inferRouterInputs<typeof router>;
type Outputs = inferRouterOutputs<typeof router>;

// Clients add the id to the app's own input, and resolvers get the input without it.
expectTypeOf<Inputs["write"]>().toEqualTypeOf<{ organizationId: string; name: string }>();
expectTypeOf<Inputs["strict"]>().toEqualTypeOf<{ organizationId: string; name: string }>();
expectTypeOf<Outputs["strict"]>().toEqualTypeOf<{ name: string }>();
expectTypeOf<Inputs["named"]>().toEqualTypeOf<{ organizationId: string; name: string }>();
expectTypeOf<Outputs["named"]>().toEqualTypeOf<{ organizationId: string; name: string }>();
expectTypeOf<Inputs["without"]>().toEqualTypeOf<{ organizationId: string }>();
expectTypeOf<Outputs["without"]>().toEqualTypeOf<undefined>();
expectTypeOf<Inputs["chained"]>().toEqualTypeOf<{ organizationId: string; a?: string | undefined; b: number }>();

type Procedures = typeof router.organizations;
type InputOf<TProcedure extends { _def: { $types: { input: unknown } } }> = TProcedure["_def"]["$types"]["input"];
type OutputOf<TProcedure extends { _def: { $types: { output: unknown } } }> = TProcedure["_def"]["$types"]["output"];

expectTypeOf<InputOf<Procedures["members"]["setRole"]>["role"]>().toEqualTypeOf<Role>();
expectTypeOf<InputOf<Procedures["create"]>>().toEqualTypeOf<
  { readonly name: string } & { readonly settings?: { plan?: "free" | "paid" | undefined } | undefined }
>();
expectTypeOf<InputOf<Procedures["update"]>["organizationId"]>().toEqualTypeOf<string>();
expectTypeOf<OutputOf<Procedures["get"]>["settings"]["plan"]>().toEqualTypeOf<"free" | "paid">();
expectTypeOf<OutputOf<Procedures["get"]>["role"]>().toEqualTypeOf<Role>();
expectTypeOf<OutputOf<Procedures["list"]>[number]["role"]>().toEqualTypeOf<Role>();
expectTypeOf<OutputOf<Procedures["roles"]["list"]>[number]["permissions"]>().toEqualTypeOf<readonly Permission[]>();

// Without the option there are two roles, with the permissions of the built-in procedures.
const plain = initUserDO();
plain.can("member:manage");
// @ts-expect-error no role has it
plain.can("project:write");
plain.organizationProcedure.query(({ ctx }) => {
  expectTypeOf(ctx.member.role).toEqualTypeOf<Role>();
  // @ts-expect-error the app has no settings
  return ctx.organization.settings;
});

declare const member: OrganizationMember<{
  tables: { user: Record<never, never>; organization: Record<never, never>; app: Record<never, never> };
  profile: undefined;
  kv: Record<never, never>;
  roles: { admin: readonly [] };
  appRoles: Record<never, never>;
  settings: undefined;
}>;
expectTypeOf(member.role).toEqualTypeOf<"owner" | "admin">();
