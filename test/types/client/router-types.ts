import { useMutation, useQuery } from "@tanstack/react-query";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createClient } from "trpc-userdo/client";
import { createUserDOReact } from "trpc-userdo/react";
import { expectTypeOf } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";

// C2: a frontend's types are the router's own. This file is compiled, never run.

type Outputs = inferRouterOutputs<AppRouter>;
type Inputs = inferRouterInputs<AppRouter>;
type Post = Outputs["posts"]["create"];

expectTypeOf<Post>().toEqualTypeOf<
  Readonly<{
    id: string;
    createdAt: Date;
    updatedAt: Date;
    title: string;
    body: string;
    done: boolean;
  }>
>();
expectTypeOf<Inputs["posts"]["create"]>().toEqualTypeOf<{ title: string; body: string; done?: boolean | undefined }>();
expectTypeOf<Inputs["projects"]["create"]>().toEqualTypeOf<{ organizationId: string; name: string }>();
expectTypeOf<Outputs["auth"]["login"]["user"]["email"]>().toEqualTypeOf<string>();
expectTypeOf<Outputs["auth"]["me"]["session"]["expiresAt"]>().toEqualTypeOf<Date>();

type SessionData = Outputs["sessions"]["data"]["set"];
expectTypeOf<SessionData>().toEqualTypeOf<{ cart: string[]; seen?: Date | undefined; step?: number | undefined }>();
expectTypeOf<Outputs["sessions"]["data"]["get"]>().toEqualTypeOf<SessionData | null>();
expectTypeOf<Inputs["sessions"]["data"]["set"]["cart"]>().toEqualTypeOf<string[] | undefined>();
expectTypeOf<Outputs["sessions"]["list"][number]["current"]>().toEqualTypeOf<boolean>();

const client = createClient<AppRouter>({ url: "/trpc" });

export async function calls(): Promise<void> {
  expectTypeOf(await client.posts.list.query()).toEqualTypeOf<Post[]>();
  // @ts-expect-error the router has no field `name`: a renamed one is an error here
  await client.posts.create.mutate({ name: "x", body: "" });
  await client.sessions.data.merge.mutate({ step: 1 });
  // @ts-expect-error the app's schema says that a step is a number
  await client.sessions.data.merge.mutate({ step: "1" });
  // @ts-expect-error nor such a procedure
  await client.posts.remove.mutate({ id: "x" });
  // @ts-expect-error an organization's procedure needs to know which
  await client.projects.list.query();

  client.posts.changes.subscribe(undefined, {
    onData({ id, data: change }) {
      expectTypeOf(id).toEqualTypeOf<string>();
      if (change.type === "reset") return;
      expectTypeOf(change.id).toEqualTypeOf<string>();
      if (change.type === "delete") return;
      expectTypeOf(change.data).toEqualTypeOf<Post>();
    },
  });
}

const { useTRPC, useSession } = createUserDOReact<AppRouter>();

export function useTypes(): void {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.posts.list.queryOptions());
  expectTypeOf(data).toEqualTypeOf<Post[] | undefined>();
  const { mutate } = useMutation(trpc.posts.update.mutationOptions());
  mutate({ id: "x", done: true });
  // @ts-expect-error `done` is a boolean
  mutate({ id: "x", done: "yes" });
  const session = useSession();
  if (session.status === "signedIn") expectTypeOf(session.user.email).toEqualTypeOf<string>();
}
