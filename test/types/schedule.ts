import { createUserDO } from "trpc-userdo/do";
import { initUserDO } from "trpc-userdo/router";
import { createCaller } from "trpc-userdo/worker";
import { z } from "zod";

const t = initUserDO();
const at = new Date(0);
const name = "one";

export const scheduled = t.router({
  ...t.builtin,
  list: t.userProcedure.query(() => []),
  add: t.userProcedure
    .meta({ audited: true })
    .input(z.object({ text: z.string(), at: z.date().optional() }))
    .mutation(() => "added"),
  nested: t.router({ clean: t.userProcedure.mutation(() => {}) }),
  shared: t.router({
    add: t.organizationProcedure.input(z.object({ text: z.string() })).mutation(() => {}),
    clean: t.organizationProcedure.mutation(({ ctx }) => {
      ctx.schedule.in(1, "shared.add", { text: "a" }, { name });
      ctx.schedule.in(1, "shared.clean", undefined, { name });
      // @ts-expect-error the procedure runs in the user's object
      ctx.schedule.in(1, "add", { text: "a" }, { name });
      // @ts-expect-error the object knows its own id
      ctx.schedule.in(1, "shared.add", { text: "a", organizationId: "b" }, { name });
    }),
  }),
  notices: t.router({
    add: t.appProcedure.input(z.object({ text: z.string() })).mutation(({ ctx }) => {
      ctx.schedule.every("0 8 * * *", "notices.add", { text: "a" }, { name, timeZone: "Europe/Berlin" });
    }),
  }),
  later: t.userProcedure.mutation(({ ctx }) => {
    ctx.schedule.at(at, "add", { text: "a", at }, { name, cancellable: true });
    ctx.schedule.in(60, "nested.clean", undefined, { name });
    ctx.schedule.every("0 8 * * *", "kv.delete", { key: "a" }, { name, timeZone: "UTC" });
    // @ts-expect-error there is no such procedure
    ctx.schedule.at(at, "missing", undefined, { name });
    // @ts-expect-error a query has no effect
    ctx.schedule.at(at, "list", undefined, { name });
    // @ts-expect-error the input has another type
    ctx.schedule.at(at, "add", { text: 1 }, { name });
    // @ts-expect-error the procedure runs in the object of an organization
    ctx.schedule.at(at, "shared.add", { text: "a" }, { name });
    // @ts-expect-error the procedure runs in the object of the app
    ctx.schedule.at(at, "notices.add", { text: "a" }, { name });
    // @ts-expect-error the name identifies the schedule
    ctx.schedule.at(at, "add", { text: "a" }, {});
    // @ts-expect-error `at` has no time zone
    ctx.schedule.at(at, "add", { text: "a" }, { name, timeZone: "UTC" });
  }),
});
type ScheduledRouter = typeof scheduled;

declare module "trpc-userdo/router" {
  interface Register {
    router: ScheduledRouter;
  }
}

export class ScheduledDO extends createUserDO(scheduled, {
  onSignup({ schedule }) {
    schedule.in(60, "add", { text: "a" }, { name });
    // @ts-expect-error the input has another type
    schedule.in(60, "add", { text: 1 }, { name });
  },
}) {
  remind(): void {
    this.schedule.in(60, "add", { text: "a" }, { name });
    // @ts-expect-error there is no such procedure
    this.schedule.in(60, "missing", undefined, { name });
  }
}

declare const namespace: DurableObjectNamespace;
export async function fromWorker(): Promise<void> {
  const caller = createCaller<ScheduledRouter>(namespace);
  const user = caller.asUser({ userId: "a" });
  await user.schedule.at(at, "add", { text: "a" }, { name });
  await user.schedule.cancel({ name });
  const { items } = await user.schedule.list();
  void items[0]?.dueAt.getTime();
  await caller.asSystem().schedule.in(1, "notices.add", { text: "a" }, { name });
  await caller.asSystem().schedule.in(1, "shared.add", { text: "a" }, { name, organizationId: "o" });
  // @ts-expect-error an organization's schedule needs its id
  await caller.asSystem().schedule.in(1, "shared.add", { text: "a" }, { name });
  // @ts-expect-error the procedure runs in the user's object
  await caller.asSystem().schedule.in(1, "add", { text: "a" }, { name });
  // @ts-expect-error the procedure runs in the object of the app
  await user.schedule.in(1, "notices.add", { text: "a" }, { name });
}
