import { tracked } from "@trpc/server";
import { z } from "zod";
import { t, Turn, write, writeSlowly } from "./write.js";

const Key = z.object({ key: z.string() });

/** The calls that wait for a key. A test may set an entry before its call begins. */
const waitingCalls = new Map<string, PromiseWithResolvers<boolean>>();

function callsFor(key: string): PromiseWithResolvers<boolean> {
  const waiting = waitingCalls.get(key) ?? Promise.withResolvers<boolean>();
  waitingCalls.set(key, waiting);
  return waiting;
}

/**
 * The same procedures in an organization's object, with live queries, and calls that take as long as the test requires.
 */
export const team = t.router({
  touch: t.organizationProcedure.query(() => true),
  write: t.organizationProcedure.input(Turn).mutation(({ ctx, input }) => write(ctx, input)),
  writeSlowly: t.organizationProcedure.input(Turn).mutation(({ ctx, input }) => writeSlowly(ctx, input)),
  hold: t.organizationProcedure.input(Key).query(({ input }) => callsFor(input.key).promise),
  release: t.organizationProcedure.input(Key).mutation(({ input }) => callsFor(input.key).resolve(true)),
  items: t.organizationProcedure.subscription(({ ctx, signal }) => ctx.tables.items.changes({ signal })),
  notes: t.organizationProcedure.subscription(({ ctx, signal }) => ctx.tables.notes.changes({ signal })),
  watchItems: t.organizationProcedure.subscription(async function* ({ ctx, signal }) {
    for await (const [id, change] of ctx.tables.items.changes({ signal })) yield tracked(id, change);
  }),
  watchNotes: t.organizationProcedure.subscription(async function* ({ ctx, signal }) {
    for await (const [id, change] of ctx.tables.notes.changes({ signal })) {
      await Promise.resolve();
      yield tracked(id, change);
    }
  }),
  /** Runs separately for each member. */
  liveItems: t.organizationProcedure.query(({ ctx }) => ({
    userId: ctx.member.userId,
    rows: ctx.tables.items.select("id", "n").all(),
    count: ctx.tables.items.count(),
  })),
  /** A run that members share. It awaits between its reads. */
  liveNotes: t.organizationProcedure.query(async ({ ctx }) => {
    const rows = ctx.tables.notes.select("id", "n").all();
    await scheduler.wait(0);
    return { rows, count: ctx.tables.notes.count() };
  }),
});
