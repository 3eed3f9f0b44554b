import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { createClient } from "trpc-userdo/client";
import { createUserDOReact } from "trpc-userdo/react";
import { expectTypeOf } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";

// A frontend's types are the router's own. This file is compiled, never run.

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
expectTypeOf<SessionData>().toEqualTypeOf<{
  cart: string[];
  seen?: Date | undefined;
  step?: number | undefined;
  beta?: boolean | undefined;
  slug?: { slug: string } | undefined;
}>();
expectTypeOf<Inputs["sessions"]["data"]["set"]["beta"]>().toEqualTypeOf<string | undefined>();
expectTypeOf<Outputs["sessions"]["data"]["get"]>().toEqualTypeOf<SessionData | null>();
expectTypeOf<Inputs["sessions"]["data"]["set"]["cart"]>().toEqualTypeOf<string[] | undefined>();
expectTypeOf<Outputs["sessions"]["list"][number]["current"]>().toEqualTypeOf<boolean>();

const client = createClient<AppRouter>({ url: "/trpc" });

export async function calls(): Promise<void> {
  expectTypeOf(await client.posts.list.query()).toEqualTypeOf<Post[]>();
  // @ts-expect-error the router has no field `name`: a renamed one is an error here
  await client.posts.create.mutate({ name: "x", body: "" });
  await client.sessions.data.merge.mutate({ step: 1 });
  // @ts-expect-error a step is a number in the app's schema
  await client.sessions.data.merge.mutate({ step: "1" });
  // @ts-expect-error the procedure does not exist
  await client.posts.remove.mutate({ id: "x" });
  // @ts-expect-error an organization's procedure needs an organizationId
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

type Preferences = { theme: "light" | "dark"; since?: Date | undefined };

/** Declared keys are typed in the browser, free keys are not. */
export async function keys(): Promise<void> {
  expectTypeOf(await client.kv.preferences.get.query()).toEqualTypeOf<Preferences | null>();
  expectTypeOf((await client.kv.preferences.getEntry.query())?.value).toEqualTypeOf<Preferences | undefined>();
  expectTypeOf(
    await client.kv.preferences.set.mutate({ value: { theme: "dark" }, ttl: 60, ifVersion: 0 }),
  ).toEqualTypeOf<{
    readonly version: number;
  }>();
  // @ts-expect-error not a member of the enum
  await client.kv.preferences.set.mutate({ value: { theme: "pink" } });
  // @ts-expect-error a value is required
  await client.kv.preferences.set.mutate({});
  expectTypeOf(await client.kv.visits.increment.mutate()).toEqualTypeOf<number>();
  // @ts-expect-error this key's value is not a number
  await client.kv.preferences.increment.mutate();
  expectTypeOf(await client.kv.preferences.delete.mutate()).toEqualTypeOf<boolean>();
  client.kv.preferences.watch.subscribe(undefined, {
    onData({ id, data: change }) {
      expectTypeOf(id).toEqualTypeOf<string>();
      if (change.type === "set") expectTypeOf(change.value).toEqualTypeOf<Preferences>();
    },
  });

  expectTypeOf(await client.kv.get.query({ key: "draft:1" })).toEqualTypeOf<unknown>();
  await client.kv.set.mutate({ key: "draft:1", value: new Map([[1, new Date()]]) });
  expectTypeOf((await client.kv.list.query()).items[0]?.key).toEqualTypeOf<string | undefined>();
  expectTypeOf(await client.kv.increment.mutate({ key: "count" })).toEqualTypeOf<number>();
  client.kv.watch.subscribe(
    { prefix: "draft:" },
    {
      onData({ data: change }) {
        if (change.type === "set") expectTypeOf(change.value).toEqualTypeOf<unknown>();
        if (change.type !== "reset") expectTypeOf(change.key).toEqualTypeOf<string>();
      },
    },
  );
  // @ts-expect-error either a key or a prefix
  client.kv.watch.subscribe({}, {});
}

const { useTRPC, useSession } = createUserDOReact<AppRouter>();

export function useTypes(): void {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.posts.list.queryOptions());
  expectTypeOf(data).toEqualTypeOf<Post[] | undefined>();
  const drafts = useInfiniteQuery(
    trpc.kv.list.infiniteQueryOptions({ prefix: "draft:" }, { getNextPageParam: ({ nextCursor }) => nextCursor }),
  );
  expectTypeOf(drafts.data?.pages[0]?.items[0]?.key).toEqualTypeOf<string | undefined>();
  const { mutate } = useMutation(trpc.posts.update.mutationOptions());
  mutate({ id: "x", done: true });
  // @ts-expect-error `done` is a boolean
  mutate({ id: "x", done: "yes" });
  const session = useSession();
  if (session.status === "signedIn") expectTypeOf(session.user.email).toEqualTypeOf<string>();
}
