// A peer: Drizzle's driver for Durable Objects, used as its documentation shows, on the same table and log.
import { DurableObject } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { clear, logPost, prepare } from "./schema.js";
import { answer, runWork, type Post, type PostValues, type Request, type Works } from "./work.js";

interface Env {
  readonly DRIZZLE_DO: DurableObjectNamespace<DrizzleDO>;
}

const posts = sqliteTable("posts", {
  id: text()
    .primaryKey()
    .$defaultFn(() => crypto.randomUUID()),
  slug: text().notNull(),
  title: text().notNull(),
  body: text().notNull(),
  done: integer({ mode: "boolean" }).notNull(),
  createdAt: integer({ mode: "timestamp_ms" })
    .notNull()
    .$defaultFn(() => new Date()),
  updatedAt: integer({ mode: "timestamp_ms" })
    .notNull()
    .$defaultFn(() => new Date()),
});

/** The number of rows of seven columns that one statement can bind. */
const ROWS = 14;

export class DrizzleDO extends DurableObject {
  readonly #works: Works;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    const { sql } = state.storage;
    prepare(sql);
    const db = drizzle(state.storage);

    function createSome(values: readonly PostValues[]): Post[] {
      const rows = db
        .insert(posts)
        .values([...values])
        .returning()
        .all();
      for (const { id } of rows) sql.exec(logPost, id);
      return rows;
    }

    this.#works = {
      clear: () => clear(sql),
      create(values) {
        const post = db.insert(posts).values(values).returning().get();
        sql.exec(logPost, post.id);
        return post;
      },
      createMany: (values) =>
        db.transaction(() => {
          const rows: Post[] = [];
          for (let start = 0; start < values.length; start += ROWS) {
            rows.push(...createSome(values.slice(start, start + ROWS)));
          }
          return rows;
        }),
      findById: (id) => db.select().from(posts).where(eq(posts.id, id)).get(),
    };
  }

  run(request: Request): unknown {
    return runWork(this.#works, request);
  }
}

export default {
  fetch: (request, env) => answer(request, async (work) => env.DRIZZLE_DO.getByName("user:ada").run(work)),
} satisfies ExportedHandler<Env>;
