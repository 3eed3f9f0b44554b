/** The tables of an object that a restore treats differently from the data of the app. */
export interface CarriedTables {
  /** Keep their rows of today. A table whose rows are deleted with those of another follows it. */
  readonly carried: readonly string[];
  /** Get their rows of today only if the restored table is empty, because the object did not exist yet. */
  readonly required: readonly string[];
  /** About sockets, which the restore closes. */
  readonly cleared: readonly string[];
}

/** The messages and keyed calls of an object with users. A message that was sent is not sent again. */
export const carriedMessageTables: readonly string[] = [
  "_outbox_seq",
  "_outbox_life",
  "_outbox",
  "_dead_letters",
  "_dead_payloads",
  "_inbox",
  "_idempotency",
  "_idempotency_prune",
];

export const socketTables: readonly string[] = ["_socket_subscriptions", "_wake_index", "_presence_departures"];

interface StoredTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlStorageValue[])[];
}

/** The state that a restore must not change. */
interface CarriedState {
  /** The newest number in the change log. */
  readonly head: number;
  readonly tables: readonly StoredTable[];
}

/** Reads the state that a restore must not change, as text. The tables have no bytes. */
export function readCarried(sql: SqlStorage, { carried, required }: CarriedTables): string {
  const state: CarriedState = {
    head: Number(sql.exec("SELECT max(seq) AS head FROM _changes").one()["head"]),
    tables: [...carried, ...required].map((name) => {
      const cursor = sql.exec(`SELECT * FROM "${name}"`);
      const rows = [...cursor.raw()];
      return { name, columns: cursor.columnNames, rows };
    }),
  };
  return JSON.stringify(state);
}

/**
 * Writes this state to restored tables. Call it inside a transaction. Another version of the framework may have read the state, so
 * only tables and columns that exist are written.
 *
 * @returns the newest number of the change log before the restore
 */
export function writeCarried(sql: SqlStorage, text: string, { required, cleared }: CarriedTables): number {
  const { head, tables } = JSON.parse(text) as CarriedState;
  for (const { name, columns, rows } of tables) {
    const existing = new Set(columnsOf(sql, name));
    const known = columns.flatMap((column, index) => (existing.has(column) ? [{ column, index }] : []));
    if (known.length === 0) continue;
    if (required.includes(name)) {
      if (sql.exec(`SELECT 1 FROM "${name}" LIMIT 1`).toArray().length > 0) continue;
    } else sql.exec(`DELETE FROM "${name}"`);
    const names = known.map(({ column }) => `"${column}"`).join();
    const insert = `INSERT INTO "${name}" (${names}) VALUES (${known.map(() => "?").join()})`;
    for (const row of rows) sql.exec(insert, ...known.map(({ index }) => row[index] ?? null));
  }
  for (const name of cleared) sql.exec(`DELETE FROM "${name}"`);
  return head;
}

function columnsOf(sql: SqlStorage, table: string): string[] {
  return sql
    .exec("SELECT name FROM pragma_table_info(?)", table)
    .toArray()
    .map(({ name }) => String(name));
}
