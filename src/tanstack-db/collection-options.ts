import type { CollectionConfig, UtilsRecord } from "@tanstack/db";
import { createPendingWrites } from "./pending-writes.js";
import type { ChangesProcedure, ListProcedure, TableRow, WriteProcedure, Written } from "./procedures.js";
import { sendWrites, type SentMutation } from "./send-writes.js";
import { createRowSync, type RowSync } from "./sync-rows.js";
import { createSyncedRows, type CollectionSnapshot } from "./synced-rows.js";

/** The options of {@link userdoCollectionOptions}. */
export interface UserDOCollectionOptions<TRow extends TableRow, TKey extends string | number, TInput> {
  /** The client of `createClient`. When another user signs in, the collection gets that user's rows. */
  readonly client: object;
  /** The query that returns all rows of the collection, at once or page by page. */
  readonly list: ListProcedure<TRow, TInput>;
  /** The subscription that yields the `changes()` of the same rows. */
  readonly changes: ChangesProcedure<NoInfer<TRow>, TInput>;
  /**
   * The mutation that stores a new row. Its input has the fields of the row and its `id`.
   * @default rows cannot be inserted
   */
  readonly create?: WriteProcedure<Written<NoInfer<TRow>> & TInput>;
  /**
   * The mutation that changes a row. Its input has the `id` and the changed fields, with `null` for a cleared field.
   * @default rows cannot be changed
   */
  readonly update?: WriteProcedure<Partial<Written<NoInfer<TRow>>> & { readonly id: string } & TInput>;
  /**
   * The mutation that deletes a row. Its input is `{ id }`.
   * @default rows cannot be deleted
   */
  readonly delete?: WriteProcedure<{ readonly id: string } & TInput>;
  /**
   * Fields added to the input of each procedure, for example `{ organizationId }`.
   * @default nothing
   */
  readonly input?: TInput;
  /**
   * Returns the key of a row in the collection.
   * @default the row's `id`
   */
  readonly getKey?: (row: NoInfer<TRow>) => TKey;
  /**
   * The rows and the position to start with, as `utils.snapshot()` returned them. The collection is ready with them, and
   * continues from the position.
   * @default all rows are read
   */
  readonly snapshot?: () => Promise<CollectionSnapshot<TRow> | undefined> | CollectionSnapshot<TRow> | undefined;
  /**
   * Called when the server refuses the rows for good. The collection keeps the rows that it has.
   * @default the error is ignored once the collection is ready
   */
  readonly onError?: (error: Error) => void;
  /**
   * The id of the collection.
   * @default a new UUID
   */
  readonly id?: string;
}

/** The additional methods of the collection, at `collection.utils`. */
export interface UserDOCollectionUtils<TRow> extends UtilsRecord {
  /**
   * Returns the rows that the server has confirmed and their position, to be stored; `undefined` before there are any. Start
   * a later collection with them by the option `snapshot`.
   */
  readonly snapshot: () => CollectionSnapshot<TRow> | undefined;
  /**
   * Sends the writes of a transaction to this collection, in order. Resolves when the collection shows them. For transactions
   * that the collection does not send itself, such as those of `@tanstack/offline-transactions`. Pass the whole transaction to
   * each of its collections: the place of a write in it is part of the write's key.
   *
   * @throws TRPCClientError of the first write that was refused or could not be sent
   */
  readonly send: (
    transaction: { readonly mutations: readonly SentMutation[] },
    options: { readonly idempotencyKey: string },
  ) => Promise<void>;
}

/**
 * Creates the options of a TanStack DB collection that shows a table: all its rows, then their changes, and optimistic writes
 * that are shown until the server's rows include them.
 *
 * @throws Error for a client that `createClient` did not create, when the collection starts
 * @example
 * ```ts
 * const { list, changes, create, update, delete: remove } = trpc.tasks;
 * const tasks = createCollection(
 *   userdoCollectionOptions({ client: trpc, list, changes, create, update, delete: remove }),
 * );
 * ```
 * @see docs/offline.md
 */
export function userdoCollectionOptions<TRow extends TableRow, TInput = void, TKey extends string | number = string>(
  options: UserDOCollectionOptions<TRow, TKey, TInput>,
): CollectionConfig<TRow, TKey, never, UserDOCollectionUtils<TRow>> & { readonly utils: UserDOCollectionUtils<TRow> } {
  const { getKey = ({ id }: TRow) => id as TKey } = options;
  const synced = createSyncedRows<TRow, TKey>(getKey);
  let running: Pick<RowSync, "reload" | "releaseWrites"> | undefined;
  const writes = createPendingWrites({
    rowOf: synced.get,
    reload: () => running?.reload(),
    onShown: () => running?.releaseWrites(),
  });
  let imported: CollectionSnapshot<TRow> | undefined;
  const utils: UserDOCollectionUtils<TRow> = {
    snapshot: synced.snapshot,
    send: ({ mutations }, { idempotencyKey }) => send(mutations, idempotencyKey),
  };
  const isOwn = ({ collection }: SentMutation): boolean => !collection || collection.utils === utils;
  const send = (mutations: readonly SentMutation[], idempotencyKey: string): Promise<void> =>
    sendWrites({ ...options, input: options.input, writes, isOwn }, mutations, idempotencyKey);
  const sendOwn = ({
    transaction,
  }: {
    readonly transaction: { readonly id: string; readonly mutations: readonly SentMutation[] };
  }) => send(transaction.mutations, transaction.id);

  return {
    ...(options.id !== undefined && { id: options.id }),
    getKey,
    sync: {
      rowUpdateMode: "full",
      sync(params) {
        const sync = createRowSync(
          { ...options, input: options.input, onError: options.onError, synced, writes },
          params,
        );
        running = sync;
        const snapshot = imported ?? options.snapshot?.();
        imported = undefined;
        if (snapshot instanceof Promise) void snapshot.catch(() => undefined).then(sync.start);
        else sync.start(snapshot);
        return sync.end;
      },
      exportSyncMeta: synced.snapshot,
      importSyncMeta: (meta) => void (imported = meta as CollectionSnapshot<TRow> | undefined),
    },
    ...(options.create && { onInsert: sendOwn }),
    ...(options.update && { onUpdate: sendOwn }),
    ...(options.delete && { onDelete: sendOwn }),
    utils,
  };
}
