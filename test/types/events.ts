import type { TrackedEnvelope } from "@trpc/server";
import { createTRPCClient } from "@trpc/client";
import { createUserDO } from "trpc-userdo/do";
import { initUserDO, transient, type EventMessage } from "trpc-userdo/router";
import { createCaller } from "trpc-userdo/worker";
import { expectTypeOf } from "vitest";
import { z } from "zod";

const Notice = z.object({ text: z.string(), level: z.number().default(1) });
const Pointer = z.object({ x: z.number() });
const t = initUserDO({
  events: {
    user: { notice: Notice, pointer: transient(Pointer) },
    organization: { notice: z.string(), closed: z.object({ at: z.date() }) },
    app: { news: z.string() },
  },
});

interface UserNotice {
  readonly type: "event";
  readonly name: "notice";
  readonly data: { text: string; level: number };
}
interface UserPointer {
  readonly type: "event";
  readonly name: "pointer";
  readonly data: { x: number };
}
interface Reset {
  readonly type: "reset";
}
type UserMessage = UserNotice | UserPointer | Reset;

const router = t.router({
  ...t.builtin,
  emit: t.userProcedure.mutation(({ ctx }) => {
    expectTypeOf(ctx.events.emit("notice", { text: "hello" })).toEqualTypeOf<void>();
    ctx.events.emit("pointer", { x: 1 });
    // @ts-expect-error not declared for users
    ctx.events.emit("news", "hello");
    // @ts-expect-error not declared
    ctx.events.emit("missing", {});
    // @ts-expect-error not the data of the event
    ctx.events.emit("pointer", { text: "hello" });
  }),
  listen: t.userProcedure.subscription(({ ctx, signal }) => {
    expectTypeOf(ctx.events.listen()).toEqualTypeOf<AsyncIterable<TrackedEnvelope<UserMessage>>>();
    // @ts-expect-error not declared for users
    ctx.events.listen({ names: ["news"] });
    const own = ctx.events.listen({ names: ["notice"], signal });
    expectTypeOf(own).toEqualTypeOf<AsyncIterable<TrackedEnvelope<UserNotice | Reset>>>();
    return own;
  }),
  organization: t.organizationProcedure.mutation(({ ctx }) => {
    ctx.events.emit("notice", "hello");
    ctx.events.emit("closed", { at: new Date() });
    // @ts-expect-error the organization's event has a text
    ctx.events.emit("notice", { text: "hello" });
  }),
  app: t.appProcedure.mutation(({ ctx }) => {
    ctx.events.emit("news", "hello");
    // @ts-expect-error not declared for the app
    ctx.events.emit("notice", "hello");
  }),
});

// Methods and hooks of the class emit the user's events.
export class EventsDO extends createUserDO(router, {
  onSignup({ events }) {
    events.emit("notice", { text: "welcome" });
    // @ts-expect-error not declared for users
    events.emit("news", "hello");
  },
}) {
  notify(text: string): void {
    this.events.emit("notice", { text });
    // @ts-expect-error not declared
    this.events.emit("missing", { text });
  }
}

declare const namespace: DurableObjectNamespace;
const { emit, asUser } = createCaller<typeof router>(namespace);
expectTypeOf(emit({ userId: "1" }, "notice", { text: "hello" })).toEqualTypeOf<Promise<void>>();
void emit({ organizationId: "1" }, "notice", "hello");
void emit("app", "news", "hello");
// @ts-expect-error the event of an organization
void emit({ userId: "1" }, "closed", { at: new Date() });
// @ts-expect-error the data of the user's event
void emit({ organizationId: "1" }, "notice", { text: "hello" });
// @ts-expect-error not declared for the app
void emit("app", "notice", "hello");
const events = await asUser({ userId: "1" }).events.listen({ names: ["pointer"] });
for await (const { data } of events as AsyncIterable<{ data: { type: string } }>) expectTypeOf(data.type).toBeString();

const client = createTRPCClient<typeof router>({ links: [] });
client.events.listen.subscribe(
  { names: ["pointer"] },
  {
    onData({ data }) {
      if (data.type === "event" && data.name === "pointer") expectTypeOf(data.data).toEqualTypeOf<{ x: number }>();
      if (data.type === "event" && data.name === "closed") expectTypeOf(data.data).toEqualTypeOf<{ at: Date }>();
    },
  },
);
client.events.listen.subscribe(undefined, {});
client.events.listen.subscribe({ organizationId: "1", names: ["closed"] }, {});
// @ts-expect-error the event of an organization
client.events.listen.subscribe({ names: ["closed"] }, {});
// @ts-expect-error the event of a user
client.events.listen.subscribe({ organizationId: "1", names: ["pointer"] }, {});
client.events.app.listen.subscribe({ names: ["news"] }, {});
// @ts-expect-error the event of a user
client.events.app.listen.subscribe({ names: ["pointer"] }, {});

// Without the option, there are no events.
const plain = initUserDO();
// @ts-expect-error no event is declared
plain.userProcedure.mutation(({ ctx }) => ctx.events.emit("notice", {}));
// @ts-expect-error not a kind of owner
initUserDO({ events: { user: { notice: Notice }, users: { notice: Notice } } });
// @ts-expect-error not a schema
initUserDO({ events: { user: { notice: "text" } } });
expectTypeOf<EventMessage<{ news: z.ZodString }>>().toEqualTypeOf<
  { readonly type: "event"; readonly name: "news"; readonly data: string } | Reset
>();
