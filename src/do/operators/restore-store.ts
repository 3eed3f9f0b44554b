import type { PreparedRestore } from "../../shared/restore.js";

/** Longest text of a row, in characters. The platform limits a value to 2 MB, and a character has up to three bytes. */
const PART_LENGTH = 500_000;

/**
 * The state that objects must not lose while they are restored, in parts, until the restore is finished. The first part has the
 * bookmarks. An object's own storage cannot keep it.
 */
export const restoreSchema = `
  CREATE TABLE IF NOT EXISTS _restores (
    id TEXT NOT NULL,
    part INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (id, part)
  ) STRICT`;

export type RestoreStore = ReturnType<typeof createRestoreStore>;

export function createRestoreStore(sql: SqlStorage) {
  const remove = (id: string): void => void sql.exec("DELETE FROM _restores WHERE id = ?", id);

  return {
    /** Whether an object may have been restored, so that the restore must be finished. */
    has: (id: string): boolean => sql.exec("SELECT 1 FROM _restores WHERE id = ? LIMIT 1", id).toArray().length > 0,

    read(id: string): PreparedRestore | undefined {
      const parts = sql.exec("SELECT data FROM _restores WHERE id = ? ORDER BY part", id).toArray();
      const [first, ...rest] = parts.map(({ data }) => String(data));
      if (first === undefined) return undefined;
      return { ...(JSON.parse(first) as Omit<PreparedRestore, "carried">), carried: rest.join("") };
    },

    /** Replaces what an earlier attempt stored. Call it inside a transaction. */
    write(id: string, { carried, ...bookmarks }: PreparedRestore): void {
      remove(id);
      const parts = [JSON.stringify(bookmarks)];
      for (let start = 0; start < carried.length; start += PART_LENGTH)
        parts.push(carried.slice(start, start + PART_LENGTH));
      parts.forEach((data, part) =>
        sql.exec("INSERT INTO _restores (id, part, data) VALUES (?, ?, ?)", id, part, data),
      );
    },

    delete: remove,
  };
}
