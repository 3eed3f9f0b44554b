import type { TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure } from "@trpc/server";
import { z } from "zod";
import { builtinRoot } from "../builtin-root.js";
import type { KvChange } from "../../shared/kv-change.js";
import type { KvEntry, KvSetOptions } from "./kv-api.js";

interface Definition<TInput, TOutput> {
  input: TInput;
  output: TOutput;
  meta: object;
}

interface SetInput<TSchema> extends KvSetOptions {
  readonly value: z.input<TSchema>;
}

/** The procedures of one declared key, typed by its schema. A type alias, because tRPC does not accept an interface here. */
export type DeclaredKeyProcedures<TSchema extends z.core.$ZodType> = {
  readonly get: TRPCQueryProcedure<Definition<void, z.output<TSchema> | null>>;
  readonly getEntry: TRPCQueryProcedure<Definition<void, KvEntry<z.output<TSchema>> | null>>;
  readonly set: TRPCMutationProcedure<Definition<SetInput<TSchema>, { readonly version: number }>>;
  readonly delete: TRPCMutationProcedure<Definition<Pick<KvSetOptions, "ifVersion"> | void, boolean>>;
  readonly watch: TRPCSubscriptionProcedure<
    Definition<void, AsyncIterable<{ id: string; data: KvChange<z.output<TSchema>> }, void>>
  >;
} & (z.output<TSchema> extends number ? IncrementProcedure : unknown);

/** The procedure that only keys with a number have. */
type IncrementProcedure = {
  readonly increment: TRPCMutationProcedure<Definition<{ readonly by?: number | undefined } | void, number>>;
};

const { userProcedure } = builtinRoot;
const ttl = z.number().optional();
const ifVersion = z.number().optional();

/** Creates the procedures of one declared key. `ctx.kv` validates its values. */
export function declaredKeyProcedures(key: string) {
  return {
    get: userProcedure.query(({ ctx }) => ctx.kv.get(key) ?? null),
    getEntry: userProcedure.query(({ ctx }) => ctx.kv.getEntry(key) ?? null),
    set: userProcedure
      .input(z.strictObject({ value: z.unknown(), ttl, ifVersion }))
      .mutation(({ ctx, input: { value, ...options } }) => ctx.kv.set(key, value, options)),
    delete: userProcedure
      .input(z.strictObject({ ifVersion }).optional())
      .mutation(({ ctx, input }) => ctx.kv.delete(key, input)),
    increment: userProcedure
      .input(z.strictObject({ by: z.number().optional() }).optional())
      .mutation(({ ctx, input }) => ctx.kv.increment(key, input?.by)),
    watch: userProcedure.subscription(({ ctx, signal }) => ctx.kv.watch({ key }, { signal })),
  };
}
