import type { TableName } from "./schedule.js";

export interface Entry {
  readonly seq: number;
  readonly nonce: string;
  readonly table: string;
  readonly type: string;
  readonly id: string;
}

/** A guarantee of the framework that was violated. */
export class Violation extends Error {}

/** All committed log entries, in order. It is read before anything is pruned, and only grows. */
export function createHistory() {
  const entries: Entry[] = [];
  const byRow = new Map<string, Entry[]>();
  const rowsOf = (table: string, id: string): Entry[] => byRow.get(`${table} ${id}`) ?? [];

  const history = {
    /** The number of the newest entry that was read. */
    head: (): number => entries.length,
    at: (seq: number): Entry | undefined => entries[seq - 1],

    add(entry: Entry): void {
      if (entry.seq !== entries.length + 1) throw new Violation(`The log jumps from ${entries.length} to ${entry.seq}`);
      entries.push(entry);
      const own = rowsOf(entry.table, entry.id);
      byRow.set(`${entry.table} ${entry.id}`, own);
      own.push(entry);
    },

    /** The entry that a cursor identifies. */
    find(cursor: string): Entry {
      const entry = history.at(Number(cursor.split(".")[0]));
      if (!entry || `${entry.seq}.${entry.nonce}` !== cursor) throw new Violation(`No entry has the cursor ${cursor}`);
      return entry;
    },

    /** A row's entries after one number, up to and including another. */
    between: (table: TableName, id: string, after: number, until: number): Entry[] =>
      rowsOf(table, id).filter(({ seq }) => seq > after && seq <= until),

    /** Whether the row existed after the entry was written. */
    existed(table: TableName, id: string, seq: number): boolean {
      const last = rowsOf(table, id).findLast((entry) => entry.seq <= seq);
      return last !== undefined && last.type !== "delete";
    },

    /** The rows of a table, including deleted ones. */
    ids: (table: TableName): string[] =>
      Array.from(byRow.keys(), (key) => key.split(" ")).flatMap(([name, id = ""]) => (name === table ? [id] : [])),

    /** The ids of the rows that existed after the entry was written. */
    existing: (table: TableName, seq: number): string[] =>
      history.ids(table).filter((id) => history.existed(table, id, seq)),
  };
  return history;
}

export type History = ReturnType<typeof createHistory>;
