/**
 * Starts the change log again, so that every earlier cursor gives a `reset`. Call it inside a transaction.
 *
 * @param after the highest number that a client may know: a number is not used for two changes
 */
export function restartLog(sql: SqlStorage, after: number): void {
  const { head } = sql.exec("SELECT max(seq) AS head FROM _changes").one();
  sql.exec("DELETE FROM _changes WHERE seq > 1");
  // The first entry always stays. A client may have its cursor.
  sql.exec("UPDATE _changes SET nonce = randomblob(8)");
  const seq = Math.max(after, Number(head)) + 1;
  sql.exec(`INSERT INTO _changes (seq, "table", type, id) VALUES (?, '', 'update', '')`, seq);
}
