/** The platform's storage, with a count of the rows that were read. */
export function countedSql(sql: SqlStorage) {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const exec: SqlStorage["exec"] = (statement, ...values) => {
    const cursor = sql.exec(statement, ...values);
    cursors.push(cursor);
    return cursor as never;
  };
  return {
    sql: Object.assign(Object.create(sql) as SqlStorage, { exec }),
    rowsRead: () => cursors.reduce((total, { rowsRead }) => total + rowsRead, 0),
  };
}
