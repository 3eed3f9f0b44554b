import { isObservable, observableToAsyncIterable } from "@trpc/server/observable";
import { liveRequestOf, type LiveRequest } from "../../router/live/live-request.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import type { Cursor } from "../../shared/cursor.js";
import type { StoredSubscription } from "../connections/attachment.js";
import { describeSource, type SourceDescription } from "../change-log/change-source.js";

/** Lifetime and start position of a call that may return a stream. */
export interface StreamScope {
  readonly signal: AbortSignal;
  /** Called with each table that a generator of the app listens to. */
  onListen(table: string): void;
  /** Returns the start position of a source without an event id; `undefined` for now. Valid once for each table. */
  startOf(table: string): Cursor | string | undefined;
  /** Whether the procedure runs again because a change concerns its subscription, which was asleep. */
  readonly isResumed: boolean;
}

/** The start position of the sources in a generator that has not yielded yet. */
export interface Start {
  /**
   * The tables that the generator listened to before hibernation.
   * @default all tables
   */
  readonly tables?: readonly string[];
  readonly after: Cursor | string;
}

/** The result of a subscription's procedure, ready for delivery. */
export type OpenedResult =
  | { readonly kind: "source"; readonly source: SourceDescription }
  | { readonly kind: "live"; readonly request: LiveRequest }
  | {
      readonly kind: "iterable";
      readonly iterable: AsyncIterable<unknown>;
      /** Calls the listener for each table that the generator listens to, earlier ones included. */
      readonly onListen: (listener: (table: string) => void) => void;
      readonly controller: AbortController;
    };

/** A call with its scope, before the result of its procedure is known. */
export interface ScopedCall {
  readonly scope: StreamScope;
  /** Aborts the signal of the call, because its client has left. */
  abort(): void;
  /**
   * Prepares the result of the procedure for delivery.
   * @throws TRPCError INTERNAL_SERVER_ERROR, reason `RESULT_NOT_ITERABLE`, if the result is not a stream
   */
  opened(result: unknown, path: string): OpenedResult;
}

/** @param isResumed see {@link StreamScope.isResumed} */
export function createStreamScope(start?: Start, isResumed = false): ScopedCall {
  return new CallScope(start, isResumed);
}

/** This is a class because an object literal with a getter is slow to create. Most calls over HTTP need only the signal. */
class CallScope implements StreamScope, ScopedCall {
  readonly isResumed: boolean;
  readonly #start: Start | undefined;
  #controller: AbortController | undefined;
  #startedTables: Set<string> | undefined;
  /** The tables that the generator listened to before it had a listener. */
  #earlyTables: string[] | undefined;
  #listener: ((table: string) => void) | undefined;

  constructor(start: Start | undefined, isResumed: boolean) {
    this.isResumed = isResumed;
    this.#start = start;
  }

  get scope(): StreamScope {
    return this;
  }

  get signal(): AbortSignal {
    return this.#getController().signal;
  }

  onListen(table: string): void {
    if (this.#listener) this.#listener(table);
    else (this.#earlyTables ??= []).push(table);
  }

  startOf(table: string): Cursor | string | undefined {
    const start = this.#start;
    if (!start || this.#startedTables?.has(table) || start.tables?.includes(table) === false) return undefined;
    (this.#startedTables ??= new Set()).add(table);
    return start.after;
  }

  abort(): void {
    this.#controller?.abort();
  }

  opened(result: unknown, path: string): OpenedResult {
    const live = liveRequestOf(result);
    if (live) return { kind: "live", request: live };
    const source = describeSource(result);
    if (source) return { kind: "source", source };
    const iterable = isObservable(result) ? observableToAsyncIterable(result, this.signal) : result;
    if (!isAsyncIterable(iterable)) throw notIterable(path);
    return {
      kind: "iterable",
      iterable,
      controller: this.#getController(),
      onListen: (next) => {
        this.#listener = next;
        const early = this.#earlyTables ?? [];
        this.#earlyTables = undefined;
        for (const table of early) next(table);
      },
    };
  }

  #getController(): AbortController {
    return (this.#controller ??= new AbortController());
  }
}

/** Returns the stored fields of a subscription that follow from its result and the client's last event id. */
export function subscriptionKindOf(
  opened: OpenedResult,
  lastEventId: string | undefined,
): Pick<StoredSubscription, "kind" | "tables" | "rows" | "cursor"> {
  if (opened.kind === "source") return { kind: "source", tables: [opened.source.table], rows: opened.source.rows };
  if (opened.kind === "live") return { kind: "live", tables: [] };
  // A last event id shows that the generator yields tracked events.
  return lastEventId === undefined
    ? { kind: "silent", tables: [] }
    : { kind: "tracked", tables: [], cursor: lastEventId };
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function notIterable(path: string): ReasonedError {
  return new ReasonedError({
    code: "INTERNAL_SERVER_ERROR",
    message: `The subscription "${path}" did not return an async iterable. Return a source, such as ctx.tables.<table>.changes(), or use a generator.`,
    reason: "RESULT_NOT_ITERABLE",
  });
}
