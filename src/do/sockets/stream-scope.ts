import { TRPCError } from "@trpc/server";
import { isObservable, observableToAsyncIterable } from "@trpc/server/observable";
import { liveRequestOf } from "../../router/live/live-request.js";
import type { Cursor } from "../../shared/cursor.js";
import type { StoredSubscription } from "../connections/attachment.js";
import { describeSource } from "../change-log/change-source.js";
import type { OpenedResult } from "./opened.js";

/**
 * What a call that may go on telling needs of the place it runs in: when to stop, and whom to tell what the app's
 * generator listens to.
 */
export interface StreamScope {
  readonly signal: AbortSignal;
  readonly onListen: (table: string) => void;
  /** Where a source begins to tell when no event id says so; nothing for: now. Once for each table. */
  readonly startOf: (table: string) => Cursor | string | undefined;
}

/** Where the sources of a generator begin that has told nothing yet. */
export interface Start {
  /**
   * Those that it awaited when it was last awake.
   * @default all that it awaits
   */
  readonly tables?: readonly string[];
  readonly after: Cursor | string;
}

/** A live call, before it is known what its procedure returns. */
export interface ScopedCall {
  readonly scope: StreamScope;
  /** Aborts the signal of the call, because its client has left. */
  abort(): void;
  /**
   * What it returned, ready to be told from.
   * @throws TRPCError when it is nothing that can be told from
   */
  opened(result: unknown, path: string): OpenedResult;
}

export function createStreamScope(start?: Start): ScopedCall {
  const begun = new Set<string>();
  // Most calls have nothing to stop.
  let controller: AbortController | undefined;
  const abort = (): AbortController => (controller ??= new AbortController());
  const early: string[] = [];
  let listener = (table: string): void => void early.push(table);

  return {
    scope: {
      get signal() {
        return abort().signal;
      },
      onListen: (table) => listener(table),
      startOf(table) {
        if (!start || begun.has(table) || start.tables?.includes(table) === false) return undefined;
        begun.add(table);
        return start.after;
      },
    },
    abort: () => controller?.abort(),
    opened(result, path) {
      const live = liveRequestOf(result);
      if (live) return { kind: "live", request: live };
      const source = describeSource(result);
      if (source) return { kind: "source", source };
      const iterable = isObservable(result) ? observableToAsyncIterable(result, abort().signal) : result;
      if (!isAsyncIterable(iterable)) throw notIterable(path);
      return {
        kind: "iterable",
        iterable,
        controller: abort(),
        onListen(next) {
          listener = next;
          for (const table of early.splice(0)) next(table);
        },
      };
    },
  };
}

/** What is kept of a subscription, as far as its result says, and the id that its client came back with. */
export function subscriptionKindOf(
  opened: OpenedResult,
  lastEventId: string | undefined,
): Pick<StoredSubscription, "kind" | "tables" | "rows" | "cursor"> {
  if (opened.kind === "source") return { kind: "source", tables: [opened.source.table], rows: opened.source.rows };
  if (opened.kind === "live") return { kind: "live", tables: [] };
  // A generator that told it before is one that tracks.
  return lastEventId === undefined
    ? { kind: "silent", tables: [] }
    : { kind: "tracked", tables: [], cursor: lastEventId };
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function notIterable(path: string): TRPCError {
  return new TRPCError({
    code: "INTERNAL_SERVER_ERROR",
    message: `The subscription "${path}" returned no async iterable. Return a source, such as ctx.tables.<table>.changes(), or a generator.`,
  });
}
