import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";

/**
 * Creates a Kysely that builds and compiles queries, but does not execute them. The object's own storage executes them
 * synchronously, because awaiting a promise would end the transaction of a mutation.
 */
export function createBuilder<TDatabase>(): Kysely<TDatabase> {
  return new Kysely<TDatabase>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new ThrowingDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

/** Kysely's dummy driver would return an empty result instead. */
class ThrowingDriver extends DummyDriver {
  override acquireConnection(): never {
    throw new Error(
      "Kysely's own execute(), executeTakeFirst(), stream() and transaction() do not work on ctx.db, which runs queries " +
        "synchronously. Instead of `await query.execute()` write `ctx.db.all(query)`; for one row " +
        "`ctx.db.first(query)`, for a statement that writes `ctx.db.run(query)`, and for a transaction " +
        "`ctx.transaction(() => …)`.",
    );
  }
}
