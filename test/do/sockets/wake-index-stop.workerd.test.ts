import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { StoredSubscription } from "../../../src/do/connections/attachment.js";
import { createWakeIndex, wakeIndexSchema, type IndexedSocket } from "../../../src/do/sockets/wake-index.js";

const source = (id: number): StoredSubscription => ({
  id,
  path: "changes",
  input: null,
  kind: "source",
  tables: ["notes"],
});

it("leaves the index to a newer instance, and makes the rows outdated that it still changes", () =>
  runInDurableObject(env.BARE_DO.getByName(crypto.randomUUID()), async (_, { storage: { sql } }) => {
    for (const statement of wakeIndexSchema) sql.exec(statement);
    const open = (sockets: readonly IndexedSocket[]) =>
      createWakeIndex({
        sql,
        isInitialized: () => true,
        rows: () => undefined,
        restoreAll() {},
        isAllRestored: () => true,
        restoredSockets: () => sockets,
        isAsleep: () => false,
      });
    const groups = (): unknown =>
      sql.exec("SELECT length(groups) AS bytes FROM _wake_index WHERE name = 'notes'").toArray()[0]?.["bytes"];
    const older = open([{ number: 2, subscriptions: [source(2)] }]);
    const newer = open([{ number: 3, subscriptions: [source(3)] }]);
    older.onChange(undefined, source(2));
    older.stop();
    newer.onChange(undefined, source(3));
    await expect.poll(groups).toBeGreaterThan(0);
    older.onChange(undefined, source(4));
    expect(groups()).toBe(0);
    await scheduler.wait(1_000);
    expect(groups()).toBe(0);
  }));
