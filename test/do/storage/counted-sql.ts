/** The platform's storage, and how many rows were read of it. */
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
