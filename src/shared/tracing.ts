type Attributes = Readonly<Record<string, string | number | undefined>>;

/** The methods of a span that the framework uses. */
export interface Span {
  /** Whether the span is recorded: the Worker has tracing enabled, and the request was sampled. */
  readonly isTraced: boolean;
  setAttributes(attributes: Attributes): unknown;
  setStatus?(status: { readonly code: "ok" | "error"; readonly message?: string }): unknown;
}

/** `tracing` of the module `cloudflare:workers`. */
interface Tracing {
  getActiveSpan(): Span | undefined;
  enterSpan<TResult>(name: string, work: (span: Span) => TResult): TResult;
}

/** A runtime that does not have the module or `tracing` would not start a Worker that imports them. */
function loadTracing(): Tracing | undefined {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } };
  try {
    const loaded = process?.getBuiltinModule?.("cloudflare:workers") as { readonly tracing?: Tracing } | undefined;
    return typeof loaded?.tracing?.getActiveSpan === "function" ? loaded.tracing : undefined;
  } catch {
    return undefined;
  }
}

const tracing = loadTracing();

/** Whether the runtime can record spans. */
export const hasTracing = tracing !== undefined;

/**
 * Whether the work of this moment is recorded. Check it before {@link inSpan} where work is frequent: a span that is not
 * recorded also costs time.
 */
export function isTraced(): boolean {
  return tracing?.getActiveSpan()?.isTraced === true;
}

/**
 * Runs work in a span, if the work of this moment is recorded. The span ends with the work, and with its promise.
 *
 * @param name the operation, such as "userdo.run". It has no ids, so that spans of one kind can be counted
 */
export function inSpan<TResult>(
  name: `userdo.${string}`,
  attributes: Attributes,
  work: (span: Span | undefined) => TResult,
): TResult {
  if (!tracing || !isTraced()) return work(undefined);
  return tracing.enterSpan(name, (span) => {
    span.setAttributes(attributes);
    return work(span);
  });
}
