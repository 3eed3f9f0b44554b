import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createUserDO } from "trpc-userdo/do";
import { initUserDO } from "trpc-userdo/router";
import { createCaller, createLoadSession, getUserDO } from "trpc-userdo/worker";
import { expectTypeOf } from "vitest";
import { z } from "zod";

type Fields = { plan: "free" | "pro"; credits: number; until?: Date | undefined };

const t = initUserDO({
  profile: z.object({ firstName: z.string().optional() }),
  fields: z.object({
    plan: z.enum(["free", "pro"]).default("free"),
    credits: z.number().default(0),
    until: z.date().optional(),
  }),
  context: () => ({ requestedAt: new Date(0) }),
});

const router = t.router({
  ...t.builtin,
  upgrade: t.userProcedure.mutation(({ ctx }) => {
    expectTypeOf(ctx.user.fields).toEqualTypeOf<Fields>();
    expectTypeOf(ctx.user.profile.firstName).toEqualTypeOf<string | undefined>();
    expectTypeOf(ctx.setUserFields({ plan: "pro", until: null, credits: undefined }).fields).toEqualTypeOf<Fields>();
    // @ts-expect-error the plan does not exist
    ctx.setUserFields({ plan: "gold" });
    // @ts-expect-error the field does not exist
    ctx.setUserFields({ admin: true });
    // @ts-expect-error fields are set with a method, not assigned
    ctx.user.fields = { plan: "pro", credits: 1 };
    return ctx.user;
  }),
  ours: t.organizationProcedure.query(({ ctx }) => {
    // @ts-expect-error an organization's object has no user
    void ctx.setUserFields;
  }),
});
type Router = typeof router;

export class MemberDO extends createUserDO(router, {
  onSignup({ user, setUserFields }) {
    expectTypeOf(user.fields).toEqualTypeOf<Fields>();
    setUserFields({ credits: 10 });
    // @ts-expect-error the schema takes a number
    setUserFields({ credits: "10" });
  },
  onEmailChanged: (event) => void event.setUserFields({ plan: "free" }),
}) {
  setPlan(plan: "free" | "pro"): number {
    return this.setUserFields({ plan }).fields.credits;
  }
}

declare const namespace: DurableObjectNamespace<MemberDO>;

export async function elsewhere(request: Request, env: object): Promise<void> {
  const loaded = await createLoadSession<Router>({ binding: "MEMBER_DO" })(request, env);
  expectTypeOf(loaded!.user.fields).toEqualTypeOf<Fields>();
  const caller = createCaller<Router>(namespace).asUser({ userId: "1" });
  expectTypeOf((await caller.upgrade()).fields).toEqualTypeOf<Fields>();
  const user = await getUserDO(namespace, { userId: "1" }).setUserFields({ plan: "pro" });
  expectTypeOf(user.fields.plan).toEqualTypeOf<"free" | "pro">();
}

// A client sends no fields; it receives them.
type Inputs = inferRouterInputs<Router>;
type Outputs = inferRouterOutputs<Router>;
expectTypeOf<Inputs["auth"]["signup"]>().not.toHaveProperty("fields");
expectTypeOf<Inputs["account"]["update"]>().not.toHaveProperty("fields");
expectTypeOf<Outputs["auth"]["signup"]["user"]["fields"]>().toEqualTypeOf<Fields>();
expectTypeOf<Outputs["auth"]["login"]["user"]["fields"]>().toEqualTypeOf<Fields>();
expectTypeOf<Outputs["auth"]["me"]["user"]["fields"]>().toEqualTypeOf<Fields>();
expectTypeOf<Outputs["account"]["update"]["fields"]>().toEqualTypeOf<Fields>();

// A new user has no fields, so each is optional or has a default.
initUserDO({ fields: z.object({ plan: z.string().optional() }) });
// @ts-expect-error a required field
initUserDO({ fields: z.object({ plan: z.string() }) });
// @ts-expect-error a required field beside an optional one
initUserDO({ fields: z.object({ plan: z.string(), credits: z.number().default(0) }) });

const without = initUserDO();
without.userProcedure.mutation(({ ctx }) => {
  // @ts-expect-error the app has no fields to set
  ctx.setUserFields({ plan: "pro" });
  // @ts-expect-error nor to read
  return ctx.user.fields;
});

const withoutProfile = initUserDO({ fields: z.object({ plan: z.string().default("free") }) });
withoutProfile.userProcedure.query(({ ctx }) => {
  expectTypeOf(ctx.user.fields).toEqualTypeOf<{ plan: string }>();
  // @ts-expect-error the app has no profile
  return ctx.user.profile;
});
