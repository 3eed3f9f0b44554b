import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";

const { userProcedure } = builtinRoot;

// `ctx.kv` validates keys, so that all callers get the same errors.
const key = z.string();
/** A client that resumes sends the id of its last event. */
const lastEventId = z.string().optional();

const watchInput = z.union([z.strictObject({ key, lastEventId }), z.strictObject({ prefix: z.string(), lastEventId })]);

/**
 * The `kv` procedures for any key. A missing key is read as `null`, because TanStack Query does not accept `undefined`.
 *
 * @throws UNAUTHORIZED (NOT_SIGNED_IN), and the errors of `ctx.kv`
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
          cursor: z.string().nullish(),
          /** TanStack's infinite queries send it with the cursor. */
          direction: z.literal("forward").optional(),
          limit: z.number().optional(),
        })
        .optional(),
    )
    .query(({ ctx, input: { prefix, cursor, limit } = {} }) => ctx.kv.list({ prefix, cursor, limit })),

  increment: userProcedure
    .input(z.strictObject({ key, by: z.number().optional() }))
    .mutation(({ ctx, input }) => ctx.kv.increment(input.key, input.by)),

  watch: userProcedure.input(watchInput).subscription(({ ctx, input, signal }) => ctx.kv.watch(input, { signal })),
};
