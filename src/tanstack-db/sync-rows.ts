import type { SyncConfig } from "@tanstack/db";
import { stateOf } from "../client/client-state.js";
import { ON_STARTED_AT } from "../client/operation-context.js";
import { isRefused } from "./is-refused.js";
import type { PendingWrites } from "./pending-writes.js";
import {
  inputWith,
  readRows,
  type ChangesProcedure,
  type ListProcedure,
  type TableRow,
  type TrackedChange,
} from "./procedures.js";
import type { CollectionSnapshot, SyncedRows } from "./synced-rows.js";

export interface SyncRowsOptions<TRow extends TableRow, TKey extends string | number> {
  readonly client: object;
  readonly list: ListProcedure<TRow, never>;
  readonly changes: ChangesProcedure<TRow, never>;
  readonly input: unknown;
  readonly synced: SyncedRows<TRow, TKey>;
  readonly writes: PendingWrites;
  readonly onError: ((error: Error) => void) | undefined;
}

export type SyncParams<TRow extends TableRow, TKey extends string | number> = Parameters<
  SyncConfig<TRow, TKey>["sync"]
>[0];

/** Bounds of the time before a call is sent again after an error, in milliseconds. It doubles with each error. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Reads the rows, and then applies their changes. The subscription starts before the rows are read, and its changes wait
 * until then, so that no change between the two is lost.
 */
export function createRowSync<TRow extends TableRow, TKey extends string | number>(
  options: SyncRowsOptions<TRow, TKey>,
  { begin, write, commit, truncate, markReady, markError, collection }: SyncParams<TRow, TKey>,
) {
  const { list, changes, input, synced, writes } = options;
  const signIn = stateOf(options.client)?.signIn;
  if (!signIn) {
    throw new Error(
      "`client` was not created by createClient(). Pass a client of createClient() to userdoCollectionOptions().",
    );
  }
  let isEnded = false;
  /** Whether the server refused the rows, so that no subscription follows them. */
  let hasFailed = false;
  let subscription: { unsubscribe(): void } | undefined;
  /** The changes since the rows are being read; `undefined` while changes are applied at once. */
  let buffer: TrackedChange<TRow>[] | undefined;
  /** The position before those changes, which the rows have once they are read; `undefined` if they are only read again. */
  let readFrom: string | undefined;
  let reading: AbortController | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  function apply({ id: cursor, data: change }: TrackedChange<TRow>): void {
    synced.advance(cursor);
    if (change.type === "reset") return;
    if (change.type === "delete") {
      const key = synced.delete(change.id);
      if (key !== undefined) write({ type: "delete", key });
      return;
    }
    synced.set(change.data);
    // In a collection of whole rows, an update also adds a row.
    write({ type: "update", value: change.data });
  }

  /** Replaces all rows, at once for the readers of the collection. */
  function replaceRows(rows: readonly TRow[], later: readonly TrackedChange<TRow>[]): void {
    // The first rows are shown at once too, even if a write is on its way.
    begin({ immediate: true });
    if (synced.clear()) truncate();
    for (const row of rows) {
      synced.set(row);
      write({ type: "insert", value: row });
    }
    for (const change of later) apply(change);
    void commit();
  }

  function stopReading(): void {
    clearTimeout(timer);
    reading?.abort();
    reading = undefined;
  }

  /** Calls a function later, after a random pause that doubles with each error. */
  function retry(call: () => void): void {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS);
    clearTimeout(timer);
    timer = setTimeout(call, pause * (0.5 + Math.random() / 2));
  }

  /** Reads all rows. Changes wait meanwhile. */
  async function read(): Promise<void> {
    stopReading();
    const own = (reading = new AbortController());
    buffer ??= [];
    const finish = writes.beginReload();
    try {
      const rows = await readRows(list, input, own.signal);
      if (own !== reading) return;
      reading = undefined;
      failures = 0;
      const later = buffer;
      buffer = undefined;
      if (readFrom !== undefined) synced.advance(readFrom);
      readFrom = undefined;
      replaceRows(rows, later);
      markReady();
      finish();
      for (const { id, data } of later) writes.onChange(id, data);
    } catch (cause) {
      if (own !== reading) return;
      reading = undefined;
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (isRefused(error)) fail(error);
      else retry(() => void read());
    }
  }

  function fail(error: Error): void {
    hasFailed = true;
    stopReading();
    subscription?.unsubscribe();
    // The changes that waited for the rows are not shown, so the position is not that of the rows.
    if (buffer) synced.advance(undefined);
    buffer = undefined;
    writes.clear();
    if (collection.status === "loading") markError(error);
    options.onError?.(error);
  }

  function onData(change: TrackedChange<TRow>): void {
    failures = 0;
    if (change.data.type === "reset") {
      buffer = [];
      // Until the rows are read, a snapshot has the previous position.
      readFrom = change.id;
      void read();
    } else if (buffer) {
      buffer.push(change);
    } else {
      begin();
      apply(change);
      void commit();
      writes.onChange(change.id, change.data);
    }
  }

  function subscribe(): void {
    hasFailed = false;
    const after = synced.cursor();
    buffer = after === undefined ? [] : undefined;
    readFrom = undefined;
    let isCurrent = true;
    const whileCurrent =
      <TArgs extends unknown[]>(run: (...args: TArgs) => void) =>
      (...args: TArgs): void => {
        if (isCurrent) run(...args);
      };
    const opened = changes.subscribe(
      (after === undefined ? input : inputWith(input, { lastEventId: after })) as never,
      {
        context: {
          [ON_STARTED_AT]: whileCurrent((cursor: string) => {
            if (synced.cursor() === undefined) readFrom ??= cursor;
          }),
        },
        onStarted: whileCurrent(() => {
          // Rows that are read earlier could lack a write that the subscription does not deliver.
          if (buffer && !reading) void read();
        }),
        onData: whileCurrent(onData),
        onError: whileCurrent((error: Error) => {
          if (isRefused(error)) fail(error);
          else retry(subscribeAgain);
        }),
      },
    );
    subscription = {
      unsubscribe() {
        isCurrent = false;
        opened.unsubscribe();
      },
    };
  }

  function subscribeAgain(): void {
    subscription?.unsubscribe();
    stopReading();
    // Rows that were not read completely are read again from the start.
    if (buffer) synced.advance(undefined);
    subscribe();
  }

  /** Removes the rows, because they may belong to another user. */
  function restart(): void {
    replaceRows([], []);
    synced.advance(undefined);
    writes.clear();
    subscribeAgain();
  }

  const stopListening = signIn.listen(restart);

  return {
    /** Starts with the rows of a snapshot, if there is one, and otherwise by reading all. */
    start(snapshot: CollectionSnapshot<TRow> | undefined): void {
      if (isEnded) return;
      if (snapshot) {
        replaceRows(snapshot.rows, []);
        synced.advance(snapshot.cursor);
        markReady();
      }
      subscribe();
    },

    reload(): void {
      if (isEnded) return;
      if (!hasFailed) return void read();
      // The server may accept the calls again.
      synced.advance(undefined);
      subscribeAgain();
    },

    /** TanStack DB shows the values of a completed write until the next commit, so this commits nothing after it. */
    releaseWrites(): void {
      setTimeout(() => {
        if (isEnded) return;
        begin();
        void commit();
      });
    },

    end(): void {
      isEnded = true;
      stopListening();
      subscription?.unsubscribe();
      stopReading();
      synced.clear();
      synced.advance(undefined);
      writes.clear();
    },
  };
}

export type RowSync = ReturnType<typeof createRowSync>;
