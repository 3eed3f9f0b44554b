import type { AnyTRPCRouter } from "@trpc/server";
import type { Owner } from "../../shared/owner.js";
import type { OwnerKind } from "../owner-kind.js";

/**
 * The router of the app, for the types of `ctx.schedule`. The context of a procedure cannot know the router that the procedure is
 * a part of, so the app declares it once.
 *
 * @example
 * ```ts
 * declare module "trpc-userdo/router" {
 *   interface Register {
 *     router: AppRouter;
 *   }
 * }
 * ```
 */
export interface Register {
  /** Only so that the interface has a member: the app adds `router`. */
  readonly "trpc-userdo"?: never;
}

/** The router that the app registered. Without one, every path and input compiles, and is checked at run time only. */
export type RegisteredRouter = Register extends { readonly router: infer TRouter extends AnyTRPCRouter }
  ? TRouter
  : AnyTRPCRouter;

/** The path, the input and the options of a mutation that runs later. */
export type ScheduledCall<
  TRouter extends AnyTRPCRouter,
  TOwner extends Owner["type"],
  TOptions,
> = AnyTRPCRouter extends TRouter
  ? readonly [path: string, input: unknown, options: TOptions]
  : CallsIn<TRouter["_def"]["record"], TOwner, TOptions>;

/** The types of a mutation. Only the parts that are needed, so that results are not compared. */
interface MutationType<TInput, TMeta> {
  readonly _def: { readonly type: "mutation"; readonly $types: { readonly input: TInput } };
  readonly meta: TMeta;
}

/** The calls of all mutations of a router. */
type CallsIn<TRecord, TOwner extends Owner["type"], TOptions, TPrefix extends string = ""> = {
  [TKey in keyof TRecord & string]: TRecord[TKey] extends MutationType<infer TInput, infer TMeta>
    ? TOwner extends OwnerOf<TInput, TMeta>
      ? readonly [path: `${TPrefix}${TKey}`, input: InputOf<TInput, TOwner>, options: TOptions]
      : never
    : TRecord[TKey] extends { readonly _def: { readonly procedure: true } }
      ? never
      : CallsIn<RecordOf<TRecord[TKey]>, TOwner, TOptions, `${TPrefix}${TKey}.`>;
}[keyof TRecord & string];

/** The procedures of a nested router: a plain record, or a router. */
type RecordOf<TNested> = TNested extends { readonly _def: { readonly record: infer TRecord } } ? TRecord : TNested;

/** The owners in which a procedure can run. The types of some composed builders do not say it. */
type OwnerOf<TInput, TMeta> = TInput extends { readonly organizationId: string }
  ? "organization"
  : [TMeta] extends [OwnerKind<infer TKind extends Owner["type"]>]
    ? TKind
    : "user" | "app";

/** The input without `organizationId`, which is the object's own. */
type InputOf<TInput, TOwner> = TOwner extends "organization"
  ? keyof Omit<TInput, "organizationId"> extends never
    ? undefined
    : Omit<TInput, "organizationId">
  : [TInput] extends [void]
    ? undefined
    : TInput;
