/** The options that a middleware can pass to `next()`. */
export interface NextOptions {
  readonly ctx?: object | null | undefined;
  readonly input?: unknown;
  readonly getRawInput?: (() => Promise<unknown>) | undefined;
}

/** The key of the callback that {@link CallOptions} can have. */
export const RESOLVED = Symbol("trpc-userdo.resolved");

/** The options of a call, to which the runner adds `meta` and `next`. Callers can pass others, which the steps also receive. */
export interface CallOptions {
  readonly ctx: object;
  readonly getRawInput: () => Promise<unknown>;
  readonly input?: unknown;
  /**
   * Called in the transaction of a mutation's resolver with its result, which is a promise if the resolver is `async`. A
   * procedure that the resolver calls does not have it.
   *
   * @param isUnparsed whether a parser of `.output()` has not parsed the result yet
   */
  readonly [RESOLVED]?: (result: unknown, isUnparsed?: boolean) => void;
}

/**
 * Stores the reply to a mutation with an idempotency key. Call it in the transaction of the effects, if the procedure awaits
 * something afterwards: a repeat then gets the reply even if that is interrupted.
 */
export type KeepReply = (result: unknown) => void;

/**
 * Returns the callback of the options of a resolver. In the options and not in the context, because an app can call a built-in
 * procedure with its own context. The result is then not the reply.
 */
export function keepReplyOf(options: object): KeepReply | undefined {
  return (options as Partial<CallOptions>)[RESOLVED];
}

/** The options of tRPC's middlewares and resolvers that are used here. */
export interface MiddlewareOptions extends CallOptions {
  readonly meta: unknown;
  next(options?: NextOptions): unknown;
}

/** A middleware of the app, or one in which tRPC parses an input or an output, formats errors or calls the resolver. */
export interface Middleware {
  (options: MiddlewareOptions): unknown;
  /** Set by tRPC on its own middlewares for `.input()`, `.output()` and `.errors()`. */
  readonly _type?: string;
}

export type Resolver = (options: MiddlewareOptions) => unknown;

/** The definition that tRPC's builder creates for a procedure. */
export interface ProcedureDefinition {
  readonly type: string;
  readonly inputs?: readonly unknown[];
  readonly output?: unknown;
  /** In the order of their declaration. The last one calls the resolver. */
  readonly middlewares: readonly Middleware[];
  readonly resolver: Resolver;
  readonly meta: unknown;
  /** Set by `experimental_caller()`. */
  readonly caller?: (options: { args: unknown[]; invoke: unknown; _def: unknown }) => unknown;
}

/** The result of a successful step. */
export interface Success {
  readonly marker: string;
  readonly ok: true;
  readonly data: unknown;
  readonly ctx: object;
}

/** The value of `marker` in tRPC's results. */
export const MARKER = "middlewareMarker";
