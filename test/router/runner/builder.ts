import { initTRPC, type AnyTRPCProcedure } from "@trpc/server";

/** The options of a middleware or a resolver. */
export interface StepOptions {
  readonly ctx: Readonly<Record<PropertyKey, unknown>>;
  readonly input: unknown;
  readonly path: string;
  readonly type: string;
  readonly meta: unknown;
  readonly signal: AbortSignal | undefined;
  readonly batchIndex: number;
  getRawInput(): Promise<unknown>;
  next(options?: NextOptions): Promise<StepResult>;
}

export interface NextOptions {
  readonly ctx?: object | null | undefined;
  readonly input?: unknown;
  readonly getRawInput?: () => Promise<unknown>;
}

export interface StepResult {
  readonly ok: boolean;
  readonly data?: unknown;
  readonly error?: unknown;
  readonly marker?: string;
}

export type StepFunction = (options: StepOptions) => unknown;

interface PipedMiddleware {
  unstable_pipe(next: StepFunction | PipedMiddleware): PipedMiddleware;
}

interface CallerOptions {
  readonly args: unknown[];
  readonly invoke: (options: unknown) => Promise<unknown>;
  readonly _def: { readonly type: string };
}

type Parser = ((value: unknown) => unknown) | object;

/** tRPC's builder without its types, which reject much of what a step can do. */
export interface Builder {
  meta(meta: object): Builder;
  input(parser: Parser): Builder;
  output(parser: Parser): Builder;
  use(middleware: StepFunction | PipedMiddleware): Builder;
  concat(other: Builder): Builder;
  errors(formatter: (options: { readonly shape: { readonly data: object } }) => unknown): Builder;
  experimental_caller(caller: (options: CallerOptions) => unknown): Builder;
  query(resolver: StepFunction): AnyTRPCProcedure;
  mutation(resolver: StepFunction): AnyTRPCProcedure;
  subscription(resolver: StepFunction): AnyTRPCProcedure;
}

export const root = initTRPC.context<object>().create({ isDev: false });
export const procedure = root.procedure as unknown as Builder;
export const middleware = root.middleware as unknown as (step: StepFunction) => PipedMiddleware;
