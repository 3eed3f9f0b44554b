import { createTRPCClient } from "@trpc/client";
import { initUserDO, type PresenceMessage, type PresentMember } from "trpc-userdo/router";
import { expectTypeOf } from "vitest";
import { z } from "zod";

const t = initUserDO({
  presence: { organization: z.object({ page: z.string() }), app: z.object({ room: z.number() }) },
});

const router = t.router({
  ...t.builtin,
  pages: t.organizationProcedure.query(({ ctx }) => {
    expectTypeOf(ctx.presence.list()).toEqualTypeOf<PresentMember<{ page: string }>[]>();
    return ctx.presence.list().length;
  }),
  rooms: t.appProcedure.query(({ ctx }) => {
    expectTypeOf(ctx.presence.list()).toEqualTypeOf<PresentMember<{ room: number }>[]>();
  }),
});

const client = createTRPCClient<typeof router>({ links: [] });
const members = await client.presence.list.query({ organizationId: "1" });
expectTypeOf(members).toEqualTypeOf<PresentMember<{ page: string }>[]>();
expectTypeOf(await client.presence.app.list.query()).toEqualTypeOf<PresentMember<{ room: number }>[]>();
void client.presence.set.mutate({ organizationId: "1", state: { page: "/" } });
void client.presence.app.set.mutate({ state: { room: 1 }, connection: "tab" });
// @ts-expect-error not the state of an organization
void client.presence.set.mutate({ organizationId: "1", state: { room: 1 } });
// @ts-expect-error the app has no presence of users
void client.presence.set.mutate({ state: { page: "/" } });
client.presence.watch.subscribe(
  { organizationId: "1" },
  { onData: ({ data }) => expectTypeOf(data).toEqualTypeOf<PresenceMessage<{ page: string }>>() },
);
// @ts-expect-error not a kind of owner
initUserDO({ presence: { team: z.object({ page: z.string() }) } });
