import { workersModule } from "./workers-module.js";

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

function findTracing(): Tracing | undefined {
  const found = workersModule?.tracing as Partial<Tracing> | undefined;
  return typeof found?.getActiveSpan === "function" ? (found as Tracing) : undefined;
}

const tracing = findTracing();

/** Whether the runtime can record spans. */
export const hasTracing = tracing !== undefined;

/** Whether this isolate has recorded a span: tracing is enabled for the Worker. */
let hasRecorded = false;

/**
 * Whether the work of this moment is recorded. Check it before {@link inSpan} where work is frequent: a span that is not
 * recorded costs ten times as much.
 */
export function isTraced(): boolean {
  const isRecorded = tracing?.getActiveSpan()?.isTraced === true;
  if (isRecorded) hasRecorded = true;
  return isRecorded;
}

type SpanName = `userdo.${string}`;

/**
 * Runs work in a span, if the work of this moment is recorded. The span ends with the work, and with its promise.
 *
 * @param name the operation, such as "userdo.run". It has no ids, so that spans of one kind can be counted
 */
export function inSpan<TResult>(
  name: SpanName,
  attributes: Attributes,
  work: (span: Span | undefined) => TResult,
): TResult {
  if (!tracing || !isTraced()) return work(undefined);
  return tracing.enterSpan(name, (span) => {
    span.setAttributes(attributes);
    return work(span);
  });
}

/**
 * Runs the first work of an event in which the runtime has no active span, although it can be recorded: a message of a
 * hibernating socket, and the constructor of an object. Before the isolate has recorded another span, it costs nothing.
 */
export function inFirstSpan<TResult>(name: SpanName, work: () => TResult): TResult {
  return tracing && hasRecorded ? tracing.enterSpan(name, work) : work();
}
