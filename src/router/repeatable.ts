const REPEATABLE = Symbol.for("trpc-userdo.repeatable");

interface RepeatableMark {
  readonly [REPEATABLE]?: true;
}

/**
 * Marks a mutation. Its `async` resolver may run again after a crash, until it has called `ctx.commit`: all that it does before has
 * its effect once, however often it runs.
 */
export const repeatable = Object.assign(<TNext>({ next }: { readonly next: () => TNext }): TNext => next(), {
  [REPEATABLE]: true as const,
} satisfies RepeatableMark);

export function isRepeatableMark(middleware: object): boolean {
  return REPEATABLE in middleware;
}

/** Whether a procedure has the mark. */
export function isRepeatable({ _def }: { readonly _def: object }): boolean {
  const { middlewares = [] } = _def as { readonly middlewares?: readonly object[] };
  return middlewares.some(isRepeatableMark);
}
