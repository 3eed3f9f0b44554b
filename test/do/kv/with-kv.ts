import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Kv } from "../../../src/router/kv/kv-api.js";
import type { KvSchemas } from "../../../src/router/kv/kv-schemas.js";
import { createKv } from "../../../src/do/kv/create-kv.js";
import { createKvStore, type KvStore } from "../../../src/do/kv/kv-store.js";
import { kvSchema } from "../../../src/do/kv/kv-table.js";
import { changeLogSql } from "../../../src/do/tables/schema/change-log-sql.js";

export interface KvStorage {
  readonly kv: Kv;
  readonly store: KvStore;
  readonly sql: SqlStorage;
  /** The due times that writes reported. */
  readonly writes: (number | undefined)[];
}

/** Runs a test in a new Durable Object that has only keys and values, on its real storage. */
export function withKv<TResult>(run: (storage: KvStorage) => TResult, schemas: KvSchemas = {}): Promise<TResult> {
  return runInDurableObject(env.BARE_DO.getByName(crypto.randomUUID()), (_, { storage }) => {
    const { sql } = storage;
    for (const statement of changeLogSql) sql.exec(statement);
    sql.exec(kvSchema);
    const writes: (number | undefined)[] = [];
    const store = createKvStore(sql);
    const kv = createKv({
      store,
      schemas,
      onWrite: (expiresAt) => void writes.push(expiresAt),
      transactionSync: (work) => storage.transactionSync(work),
      changes: () => {
        throw new Error("No changes in this test.");
      },
    });
    return run({ kv, store, sql, writes });
  });
}
