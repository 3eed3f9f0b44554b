import { tracked, type TrackedEnvelope } from "@trpc/server";
import type { Cursor } from "../../shared/cursor.js";
import type { ChangeHub } from "./change-hub.js";
import { NEEDS_SNAPSHOT, positionOf, type Flush, type Position } from "./flush.js";
import { matchesRow, type RowFilter } from "./row-filter.js";

/** Maximum number of changes that are read ahead. The iterating code may wait for a slow client. */
const PAGE = 128;

/** Maximum number of changes that are not stored and wait for the iterating code. Further ones are dropped. */
const MAX_TRANSIENTS = 128;

const SOURCE = Symbol("trpc-userdo.source");

/** Describes which changes a source yields. It is stored with the subscription while the object hibernates. */
export interface SourceDescription {
  readonly table: string;
  /**
   * Limits the changes to these rows.
   * @default all
   */
  readonly rows?: RowFilter | undefined;
  /** The event id from which the subscriber resumes; `undefined` for a new subscriber. */
  readonly after: string | undefined;
}

export interface ChangeSourceOptions {
  readonly hub: ChangeHub;
  readonly description: SourceDescription;
  /** Each of them ends the iteration: the signal of the app and that of the call. */
  readonly signals: readonly AbortSignal[];
  /** Called when the iteration starts. A change of this table then resumes the generator of the app that iterates. */
  readonly onListen: ((table: string) => void) | undefined;
  /** Returns the start for a subscriber without `after`. A generator that is resumed after hibernation started earlier. */
  readonly startOf: ((table: string) => Cursor | string | undefined) | undefined;
  /**
   * Whether changes that are not stored are yielded from those on that are still in memory: one of them has resumed the generator.
   * @default false
   */
  readonly isResumed?: boolean | undefined;
}

type Events = AsyncIterable<TrackedEnvelope<unknown>>;

/**
 * Creates an async iterable of the changes of one table. Its description is attached to it, so that a subscription of a
 * socket can be stored and delivered without the iterator, which would be lost when the object hibernates.
 */
export function createChangeSource(options: ChangeSourceOptions): Events {
  return Object.assign(iterate(options), { [SOURCE]: options.description });
}

/** Returns the description if the result of a subscription is a change source. */
export function describeSource(result: unknown): SourceDescription | undefined {
  return typeof result === "object" && result !== null && SOURCE in result
    ? (result[SOURCE] as SourceDescription)
    : undefined;
}

function iterate({ hub, description, signals, onListen, startOf, isResumed }: ChangeSourceOptions): Events {
  const { table, rows, after } = description;
  const isAborted = (): boolean => signals.some((signal) => signal.aborted);
  return {
    async *[Symbol.asyncIterator]() {
      onListen?.(table);
      const hasSnapshot = hub.hasSnapshot(table);
      let position: Position = hasSnapshot ? NEEDS_SNAPSHOT : { after: after ?? startOf?.(table) ?? hub.head() };
      let hasChanges = true;
      let transients: unknown[] =
        isResumed && !hasSnapshot ? hub.transients.since(0, table, rows).map(({ change }) => change) : [];
      let resume = (): void => {};
      const onAbort = (): void => resume();
      const concerns = (flush: Flush): boolean =>
        flush.tables.includes(table) && (!rows || flush.concerns(table, rows));
      const addTransients = (flush: Flush): void => {
        for (const { id, change } of flush.page(table).changes) {
          if (!matchesRow(rows, id)) continue;
          if (transients.length < MAX_TRANSIENTS) transients.push(change);
          else if (hasSnapshot) position = NEEDS_SNAPSHOT;
          else hub.transients.drop();
        }
        if (position === NEEDS_SNAPSHOT) {
          // The snapshot includes the updates.
          hasChanges = true;
          transients = [];
        }
        resume();
      };
      const stop = hub.onFlush((flush) => {
        if (flush.isTransient || flush.hasSnapshot) {
          if (concerns(flush)) addTransients(flush);
        } else if (concerns(flush)) {
          hasChanges = true;
          resume();
        } else if (!hasChanges) {
          // The flush does not concern this source, so it counts as read. Otherwise pruning it would cause a reset.
          position = { after: hub.head() };
        }
      });
      for (const signal of signals) signal.addEventListener("abort", onAbort, { once: true });
      try {
        while (!isAborted()) {
          if (!hasChanges && transients.length > 0) {
            const [first, ...rest] = transients;
            transients = rest;
            yield tracked(positionOf(position), first);
            continue;
          }
          if (!hasChanges) {
            await new Promise<void>((resolve) => (resume = resolve));
            continue;
          }
          const { changes, next } = hub.since(table, position, { rows, limit: PAGE });
          hasChanges = next !== undefined;
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
