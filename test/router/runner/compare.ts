import { callTRPCProcedure, type AnyTRPCProcedure } from "@trpc/server";
import { runnable } from "../../../src/router/runner/runnable.js";
import { root } from "./builder.js";

/** What the steps of a procedure see and do, in their order. */
export type Log = unknown[];

/** The options of a call, and any others that its caller passes. */
export interface Options {
  readonly ctx?: unknown;
  readonly raw?: unknown;
  readonly getRawInput?: () => Promise<unknown>;
  readonly [other: string]: unknown;
}

export type Outcome = { readonly data: unknown; readonly log: Log } | { readonly error: unknown; readonly log: Log };

interface DescribedError {
  readonly class: string;
  readonly name: string;
  readonly code: unknown;
  readonly message: string;
  readonly cause: unknown;
}

/** A procedure, and what its call must do with each runner. */
export interface Case {
  readonly name: string;
  /** Creates the procedure anew for each runner. */
  readonly procedure: (log: Log) => AnyTRPCProcedure;
  readonly options?: Options | (() => Options);
  /** A part of the outcome. */
  readonly expected: { readonly data?: unknown; readonly error?: Partial<DescribedError>; readonly log?: Log };
}

type Run = (options: object) => Promise<unknown>;

/** Runs a procedure as tRPC's builder created it, through `callTRPCProcedure`, or with the package's runner. */
export const runners = {
  stock: (built: AnyTRPCProcedure) => built as unknown as Run,
  throughCaller:
    (built: AnyTRPCProcedure): Run =>
    (call) =>
      callTRPCProcedure({ ...call, router: root.router({ p: built }), path: "p", type: built._def.type } as never),
  ours: (built: AnyTRPCProcedure) => runnable(built) as unknown as Run,
};

export type RunnerName = keyof typeof runners;

/** Calls a procedure with one of the runners. */
export function callWith(
  runner: RunnerName,
  built: AnyTRPCProcedure,
  { raw, ...given }: Options = {},
): Promise<unknown> {
  const call = { ctx: {}, path: "p", type: "query", signal: undefined, batchIndex: 0, ...given };
  return runners[runner](built)({ getRawInput: () => Promise.resolve(raw), ...call });
}

/** Calls a procedure with each runner. */
export async function outcomesOf({
  procedure,
  options,
}: Pick<Case, "procedure" | "options">): Promise<Record<RunnerName, Outcome>> {
  const outcome = (runner: RunnerName): Promise<Outcome> => {
    const log: Log = [];
    return settle(() => callWith(runner, procedure(log), typeof options === "function" ? options() : options), log);
  };
  return {
    stock: await outcome("stock"),
    throughCaller: await outcome("throughCaller"),
    ours: await outcome("ours"),
  };
}

async function settle(run: () => Promise<unknown>, log: Log): Promise<Outcome> {
  try {
    return { data: await run(), log };
  } catch (error) {
    return { error: describeError(error), log };
  }
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { thrown: error };
  const { name, message, cause } = error;
  return {
    class: error.constructor.name,
    name,
    code: (error as { code?: unknown }).code,
    message,
    cause: describeCause(cause),
  };
}

function describeCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const own = Object.fromEntries(Object.entries(cause));
  return { class: cause.constructor.name, ...own, message: cause.message };
}
