import { useQuery } from "@tanstack/react-query";
import { createClient } from "trpc-userdo/client";
import { createUserDOReact } from "trpc-userdo/react";
import { expectTypeOf } from "vitest";
import type { MembersRouter } from "../../fixtures/app/members.js";

// A frontend's types of the fields that only server code writes. This file is compiled, never run.

type Plan = "free" | "pro";
const client = createClient<MembersRouter>({ url: "/members" });
const { useSession, useTRPC, live } = createUserDOReact<MembersRouter>();

export async function calls(): Promise<void> {
  const { user } = await client.auth.login.mutate({ email: "ada@example.com", password: "x" });
  expectTypeOf(user.fields.plan).toEqualTypeOf<Plan>();
  expectTypeOf(user.fields.until).toEqualTypeOf<Date | undefined>();
  expectTypeOf((await client.account.update.mutate({ profile: {} })).fields.badge).toEqualTypeOf<string | null>();
  // @ts-expect-error a user cannot write these fields
  await client.account.update.mutate({ profile: {}, fields: { plan: "pro" } });
  // @ts-expect-error not at sign-up either
  await client.auth.signup.mutate({ email: "ada@example.com", password: "x", fields: { plan: "pro" } });
}

export function Page(): void {
  const session = useSession();
  if (session.status === "signedIn") expectTypeOf(session.user.fields.credits).toEqualTypeOf<number>();
  const me = useQuery(live(useTRPC().auth.me.queryOptions()));
  expectTypeOf(me.data?.user.fields.plan).toEqualTypeOf<Plan | undefined>();
}
