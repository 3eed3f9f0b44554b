import type { TableRow } from "./procedures.js";

/** The rows of a collection without the writes that the server has not confirmed, and their position in the change log. */
export interface CollectionSnapshot<TRow> {
  readonly rows: readonly TRow[];
  /** The position from which the changes continue. */
  readonly cursor: string;
}

/** Records which rows the server sent, and up to which position in its change log. */
export function createSyncedRows<TRow extends TableRow, TKey extends string | number>(getKey: (row: TRow) => TKey) {
  const rows = new Map<string, TRow>();
  let cursor: string | undefined;

  return {
    cursor: (): string | undefined => cursor,

    /** Sets the position up to which the rows are current. */
    advance: (position: string | undefined): void => void (cursor = position),

    get: (id: string): TRow | undefined => rows.get(id),

    set: (row: TRow): void => void rows.set(row.id, row),

    /** Deletes a row. Returns its key; `undefined` if there was no such row. */
    delete(id: string): TKey | undefined {
      const row = rows.get(id);
      rows.delete(id);
      return row && getKey(row);
    },

    /** Deletes all rows. Returns whether there were any. */
    clear(): boolean {
      const hadRows = rows.size > 0;
      rows.clear();
      return hadRows;
    },

    snapshot: (): CollectionSnapshot<TRow> | undefined =>
      cursor === undefined ? undefined : { rows: [...rows.values()], cursor },
  };
}

export type SyncedRows<TRow extends TableRow, TKey extends string | number> = ReturnType<
  typeof createSyncedRows<TRow, TKey>
>;
