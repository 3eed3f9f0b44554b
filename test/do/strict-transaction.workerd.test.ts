import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { createTransaction } from "../../src/do/lifecycle/transaction.js";

it("refuses an asynchronous function, and undoes what it wrote before its first await", () =>
  runInDurableObject(env.BARE_DO.getByName(crypto.randomUUID()), async (_, { storage }) => {
    storage.sql.exec("CREATE TABLE notes (text TEXT)");
    const transaction = createTransaction(storage);
    const late = async (): Promise<void> => {
      storage.sql.exec("INSERT INTO notes VALUES ('before')");
      await Promise.resolve();
    };
    expect(() => (transaction as (work: () => unknown) => unknown)(late)).toThrow("transactions are synchronous");
    await Promise.resolve();
    expect(storage.sql.exec("SELECT * FROM notes").toArray()).toEqual([]);
    expect(transaction(() => storage.sql.exec("INSERT INTO notes VALUES ('kept')").rowsWritten)).toBe(1);
    expect(storage.sql.exec("SELECT text FROM notes").toArray()).toEqual([{ text: "kept" }]);
  }));
