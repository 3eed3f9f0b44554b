import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";

const { userProcedure } = builtinRoot;

// What a key may be is said in one place, by ctx.kv, so that all ways in refuse alike.
const key = z.string();
/** Comes back from a client that resumes. */
const lastEventId = z.string().optional();

const watched = z.union([z.strictObject({ key, lastEventId }), z.strictObject({ prefix: z.string(), lastEventId })]);

/**
 * The `kv` procedures for any key. A key that is not there reads as `null`: TanStack Query takes no `undefined`.
 * What each of them throws is what `ctx.kv` does; UNAUTHORIZED for nobody.
 */
export const freeKeyProcedures = {
  get: userProcedure.input(z.strictObject({ key })).query(({ ctx, input }): unknown => ctx.kv.get(input.key) ?? null),

  getEntry: userProcedure.input(z.strictObject({ key })).query(({ ctx, input }) => ctx.kv.getEntry(input.key) ?? null),

  set: userProcedure
    .input(z.strictObject({ key, value: z.unknown(), ttl: z.number().optional(), ifVersion: z.number().optional() }))
    .mutation(({ ctx, input: { key: name, value, ...options } }) => ctx.kv.set(name, value, options)),

  delete: userProcedure
    .input(z.strictObject({ key, ifVersion: z.number().optional() }))
    .mutation(({ ctx, input: { key: name, ...options } }) => ctx.kv.delete(name, options)),

  list: userProcedure
    .input(
      z
        .strictObject({
          prefix: z.string().optional(),
          after: z.string().nullish(),
          /** What TanStack's infinite queries send: the same as `after`, and which way they go. */
          cursor: z.string().nullish(),
          direction: z.literal("forward").optional(),
          limit: z.number().optional(),
        })
        .optional(),
    )
    .query(({ ctx, input: { prefix, after, cursor, limit } = {} }) =>
      ctx.kv.list({ prefix, after: cursor ?? after, limit }),
    ),

  increment: userProcedure
    .input(z.strictObject({ key, by: z.number().optional() }))
    .mutation(({ ctx, input }) => ctx.kv.increment(input.key, input.by)),

  watch: userProcedure.input(watched).subscription(({ ctx, input, signal }) => ctx.kv.watch(input, { signal })),
};
