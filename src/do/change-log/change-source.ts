import { tracked, type TrackedEnvelope } from "@trpc/server";
import type { Cursor } from "../../shared/cursor.js";
import type { ChangeHub, Flush, Position } from "./change-hub.js";
import type { RowFilter } from "./row-filter.js";

/** Most changes that are read ahead: whoever iterates may wait for a client that does not read. */
const PAGE = 128;

const SOURCE = Symbol("trpc-userdo.source");

/** What a source listens to. It is all that has to be kept of a subscription while the object sleeps. */
export interface SourceDescription {
  readonly table: string;
  /**
   * Which of its rows.
   * @default all
   */
  readonly rows?: RowFilter | undefined;
  /** Where the subscriber left off; nothing for a new one. */
  readonly after: string | undefined;
}

export interface ChangeSourceOptions {
  readonly hub: ChangeHub;
  readonly description: SourceDescription;
  /** Any of them ends the iteration: the app's own, and the call's. */
  readonly signals: readonly AbortSignal[];
  /** Called when something begins to iterate: the app's own generator then wakes with this table. */
  readonly onListen: ((table: string) => void) | undefined;
  /** Where to begin when the subscriber does not say: a generator that is taken up again did not begin now. */
  readonly startOf: ((table: string) => Cursor | string | undefined) | undefined;
}

type Events = AsyncIterable<TrackedEnvelope<unknown>>;

/**
 * The changes of one table. A real async iterable, for `for await` and callers in the same object; and one that
 * says what it listens to, so that a socket need not iterate it: an iterator lives in memory only, and would be
 * gone, without a word, after the object slept.
 */
export function createChangeSource(options: ChangeSourceOptions): Events {
  return Object.assign(iterate(options), { [SOURCE]: options.description });
}

/** What a subscription's result listens to, if it is a source. */
export function describeSource(result: unknown): SourceDescription | undefined {
  return typeof result === "object" && result !== null && SOURCE in result
    ? (result[SOURCE] as SourceDescription)
    : undefined;
}

function iterate({ hub, description, signals, onListen, startOf }: ChangeSourceOptions): Events {
  const { table, rows, after } = description;
  const isOver = (): boolean => signals.some((signal) => signal.aborted);
  return {
    async *[Symbol.asyncIterator]() {
      onListen?.(table);
      let position: Position = { after: after ?? startOf?.(table) ?? hub.head() };
      let touched = true;
      let wake = (): void => {};
      const onAbort = (): void => wake();
      const concerns = (flush: Flush): boolean =>
        flush.tables.includes(table) && (!rows || flush.concerns(table, rows));
      const stop = hub.onFlush((flush) => {
        if (concerns(flush)) {
          touched = true;
          wake();
        } else if (!touched) {
          // Nothing of it is for this source, so it counts as read: the log may forget it, and nobody has to be reset.
          position = { after: hub.head() };
        }
      });
      for (const signal of signals) signal.addEventListener("abort", onAbort, { once: true });
      try {
        while (!isOver()) {
          if (!touched) {
            await new Promise<void>((resolve) => (wake = resolve));
            continue;
          }
          const { changes, next } = hub.since(table, position, { rows, limit: PAGE });
          touched = next !== undefined;
          position = next ?? { after: hub.head() };
          for (const { cursor, change } of changes) yield tracked(cursor, change);
        }
      } finally {
        stop();
        for (const signal of signals) signal.removeEventListener("abort", onAbort);
      }
    },
  };
}
