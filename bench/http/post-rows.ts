/** A post as the app returns it. */
export interface Post {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly done: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const columns = `
  id TEXT PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, done INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL`;

/** Reads the app's posts with hand-written SQL, for the other contenders. */
export function createPostRows(sql: SqlStorage) {
  return {
    /** @param posts the posts as JSON values */
    seed(posts: readonly Record<"id" | "title" | "body" | "createdAt" | "updatedAt", string>[]): void {
      sql.exec(`CREATE TABLE posts (${columns}) STRICT, WITHOUT ROWID`);
      for (const { id, title, body, createdAt, updatedAt } of posts) {
        sql.exec(
          "INSERT INTO posts VALUES (?, ?, ?, 0, ?, ?)",
          id,
          title,
          body,
          Date.parse(createdAt),
          Date.parse(updatedAt),
        );
      }
    },
    list: (): Post[] =>
      sql.exec("SELECT * FROM posts ORDER BY created_at DESC, id DESC LIMIT 50").toArray().map(toPost),
    byId(id: string): Post | undefined {
      const [row] = sql.exec("SELECT * FROM posts WHERE id = ?", id).toArray();
      return row && toPost(row);
    },
  };
}

export type PostRows = ReturnType<typeof createPostRows>;

function toPost(row: Record<string, SqlStorageValue>): Post {
  return {
    id: String(row["id"]),
    title: String(row["title"]),
    body: String(row["body"]),
    done: row["done"] === 1,
    createdAt: new Date(Number(row["created_at"])),
    updatedAt: new Date(Number(row["updated_at"])),
  };
}
