import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, it } from "vitest";
import { MAIL, outboxHeadsSchema } from "../../../src/do/messaging/outbox-heads.js";
import {
  createOutboxStore,
  deadPayloadSchema,
  outboxSchema,
  type OutboxStore,
} from "../../../src/do/messaging/outbox-store.js";

let count = 0;

/** Runs work on the storage of an unused object. */
const inStorage = <TResult>(work: (sql: SqlStorage) => TResult): Promise<TResult> =>
  runInDurableObject(env.OUTBOX_DO.getByName(`heads ${++count}`), (_instance, state) => work(state.storage.sql));

/** The tables as the previous version creates them. */
function dropHeads(sql: SqlStorage): void {
  for (const name of ["insert", "update", "delete"]) sql.exec(`DROP TRIGGER _outbox_heads_${name}`);
  sql.exec("DROP TABLE _outbox_heads");
  sql.exec(outboxSchema);
  sql.exec(deadPayloadSchema);
}

/** Finds the next messages as the previous version does, by reading all waiting ones. */
const scannedHeads = (sql: SqlStorage): unknown[] =>
  sql
    .exec(
      `SELECT target, seq, due FROM _outbox AS message WHERE target = '${MAIL}' OR NOT EXISTS (
         SELECT 1 FROM _outbox AS before WHERE before.target = message.target AND before.seq < message.seq
       ) ORDER BY due, target, seq`,
    )
    .toArray();

const keptHeads = (sql: SqlStorage): unknown[] =>
  sql.exec("SELECT target, seq, due FROM _outbox_heads ORDER BY due, target, seq").toArray();

/** Counts the rows that statements read and write. */
function counting(sql: SqlStorage): { readonly sql: SqlStorage; readonly rows: () => number } {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const exec = (query: string, ...values: unknown[]) => {
    const cursor = sql.exec(query, ...values);
    cursors.push(cursor);
    return cursor;
  };
  const counted = new Proxy(sql, { get: (target, key) => (key === "exec" ? exec : Reflect.get(target, key)) });
  return { sql: counted, rows: () => cursors.reduce((sum, each) => sum + each.rowsRead + each.rowsWritten, 0) };
}

const note = (target: string) => ({ target, kind: "note", payload: 1 });

it.each([
  ["one object", () => "one"],
  ["an object each", (index: number) => `to ${index}`],
  ["the mail hook", () => MAIL],
])("reads a constant number of rows for each message that is posted to %s", async (_name, targetOf) => {
  const rows = await inStorage((sql) => {
    const counted = counting(sql);
    const store = createOutboxStore(counted.sql);
    return [250, 250].map((posts) => {
      const before = counted.rows();
      for (let index = 0; index < posts; index++) {
        store.add(note(targetOf(before + index)), index);
        store.due();
      }
      return (counted.rows() - before) / posts;
    });
  });
  expect(rows[1]).toBeLessThanOrEqual((rows[0] ?? 0) + 1);
  expect(rows[1]).toBeLessThan(20);
});

it("reads a constant number of rows to find the next message to an object that many messages wait for", async () => {
  const rows = await inStorage((sql) => {
    const store = createOutboxStore(sql);
    for (let index = 0; index < 500; index++) store.add(note("one"), index);
    const counted = counting(sql);
    const heads = createOutboxStore(counted.sql).heads(1_000, 6, true);
    expect(heads).toMatchObject([{ target: "one", seq: 1, payload: 1 }]);
    return counted.rows();
  });
  expect(rows).toBeLessThan(10);
});

type Step = (store: OutboxStore, sql: SqlStorage) => void;

it("updates the heads on every change, also those of the previous version", async () => {
  const target = fc.constantFrom("a", "b", MAIL);
  const message = fc.record({ target, seq: fc.integer({ min: 1, max: 8 }) });
  const stored = ({ target: to, seq }: { target: string; seq: number }) =>
    ({ target: to, seq, kind: "note", payload: 1, attempts: 0, due: 0 }) as const;
  const step: fc.Arbitrary<Step> = fc.oneof(
    target.map(
      (to): Step =>
        (store) =>
          store.add(note(to), 5),
    ),
    fc.tuple(message, fc.nat(9)).map(
      ([each, due]): Step =>
        (store) =>
          store.postpone(stored(each), due),
    ),
    message.map(
      (each): Step =>
        (store) =>
          store.delete(stored(each)),
    ),
    message.map(
      (each): Step =>
        (store) =>
          store.moveToDeadLetters(stored(each), "No.", 1),
    ),
    target.map(
      (to): Step =>
        (store) =>
          store.deleteKind(to, "note"),
    ),
    target.map(
      (to): Step =>
        (store) =>
          store.makeDue(to, 3),
    ),
    fc.constant<Step>((_store, sql) => void sql.exec("UPDATE _outbox SET due = 0")),
    fc.constant<Step>((_store, sql) => {
      dropHeads(sql);
      sql.exec("INSERT OR IGNORE INTO _outbox VALUES ('old', 1, 'note', '1', 1, NULL, 2, 0)");
      sql.exec(outboxHeadsSchema);
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) =>
      inStorage((sql) => {
        const store = createOutboxStore(sql);
        for (const each of steps) {
          each(store, sql);
          expect(keptHeads(sql)).toEqual(scannedHeads(sql));
        }
      }),
    ),
    { numRuns: 40 },
  );
});

it("opens an outbox that the previous version filled, and leaves it usable for that version", async () => {
  await inStorage((sql) => {
    dropHeads(sql);
    const insert = "INSERT INTO _outbox VALUES (?, ?, 'note', '1', 1, NULL, ?, 0)";
    for (const [target, seq, due] of [
      ["a", 1, 70],
      ["a", 2, 5],
      [MAIL, 1, 9],
      [MAIL, 2, 8],
    ] as const) {
      sql.exec(insert, target, seq, due);
    }
    sql.exec(outboxHeadsSchema);
    const store = createOutboxStore(sql);
    expect(store.due()).toBe(8);
    expect(store.heads(100, 9, true).map(({ target, seq }) => [target, seq])).toEqual([
      [MAIL, 2],
      [MAIL, 1],
      ["a", 1],
    ]);
    // The previous version runs again after a rollback. It inserts without column names, and without heads.
    sql.exec("DELETE FROM _outbox WHERE target = 'a' AND seq = 1");
    sql.exec(insert, "b", 1, 3);
    expect(store.due()).toBe(3);
    expect(store.heads(6, 9, false).map(({ target, seq }) => [target, seq])).toEqual([
      ["b", 1],
      ["a", 2],
    ]);
  });
});
