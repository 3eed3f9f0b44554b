import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";

/**
 * Kysely for building and compiling. It cannot execute by itself: statements run on the object's own storage,
 * synchronously, and a promise in between would end the transaction of a mutation.
 */
export function createBuilder<TDatabase>(): Kysely<TDatabase> {
  return new Kysely<TDatabase>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new RefusingDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

/** Kysely's own would answer that nothing was found. */
class RefusingDriver extends DummyDriver {
  override acquireConnection(): never {
    throw new Error(
      "Kysely's own execute(), executeTakeFirst(), stream() and transaction() do not work on ctx.db, which runs queries " +
        "at once and without a promise. Instead of `await query.execute()` write `ctx.db.all(query)`; for one row " +
        "`ctx.db.first(query)`, for a statement that writes `ctx.db.run(query)`, and for a transaction " +
        "`ctx.transaction(() => …)`.",
    );
  }
}
