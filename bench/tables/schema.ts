/** The framework's table and log, written by hand. */
export const schema: readonly string[] = [
  `CREATE TABLE posts (
    id TEXT PRIMARY KEY NOT NULL, slug TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
    done INTEGER NOT NULL CHECK (done IN (0, 1)), createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL
  ) STRICT`,
  "CREATE INDEX posts_slug ON posts (slug)",
  `CREATE TABLE changes (
    seq INTEGER PRIMARY KEY, nonce BLOB NOT NULL DEFAULT (randomblob(8)), "table" TEXT NOT NULL, type TEXT NOT NULL,
    id TEXT NOT NULL, at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
  ) STRICT`,
];

/** The log row of a new post. */
export const logPost = `INSERT INTO changes ("table", type, id) VALUES ('posts', 'create', ?)`;

export function prepare(sql: SqlStorage): void {
  if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'posts'").toArray().length > 0) return;
  for (const statement of schema) sql.exec(statement);
}

export function clear(sql: SqlStorage): void {
  sql.exec("DELETE FROM posts");
  sql.exec("DELETE FROM changes");
}
