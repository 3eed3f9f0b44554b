// The baseline: a Durable Object with hand-written SQL, and a hand-written log row for each row.
import { DurableObject } from "cloudflare:workers";
import { clear, logPost, prepare } from "./schema.js";
import { answer, runWork, type Post, type PostValues, type Request, type Works } from "./work.js";

interface Env {
  readonly BARE_DO: DurableObjectNamespace<BareDO>;
}

const INSERT = "INSERT INTO posts VALUES (?, ?, ?, ?, ?, ?, ?)";
const FIND = "SELECT id, slug, title, body, done, createdAt, updatedAt FROM posts WHERE id = ?";

export class BareDO extends DurableObject {
  readonly #works: Works;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    const { storage } = state;
    const { sql } = storage;
    prepare(sql);

    function create({ slug, title, body, done }: PostValues): Post {
      const id = crypto.randomUUID();
      const now = new Date();
      sql.exec(INSERT, id, slug, title, body, done ? 1 : 0, now.getTime(), now.getTime());
      sql.exec(logPost, id);
      return { id, slug, title, body, done, createdAt: now, updatedAt: now };
    }

    this.#works = {
      clear: () => clear(sql),
      create,
      createMany: (values) => storage.transactionSync(() => values.map(create)),
      findById(id) {
        const [row] = sql.exec(FIND, id).toArray();
        return row && toPost(row);
      },
    };
  }

  run(request: Request): unknown {
    return runWork(this.#works, request);
  }
}

function toPost(row: Record<string, SqlStorageValue>): Post {
  return {
    id: String(row["id"]),
    slug: String(row["slug"]),
    title: String(row["title"]),
    body: String(row["body"]),
    done: row["done"] === 1,
    createdAt: new Date(Number(row["createdAt"])),
    updatedAt: new Date(Number(row["updatedAt"])),
  };
}

export default {
  fetch: (request, env) => answer(request, async (work) => env.BARE_DO.getByName("user:ada").run(work)),
} satisfies ExportedHandler<Env>;
