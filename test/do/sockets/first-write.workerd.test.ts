import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { eventsOf } from "../../fixtures/socket.js";
import { start, subscribed } from "./streams-socket.js";

const replace = (id: string): string => `INSERT OR REPLACE INTO items SELECT * FROM items WHERE id = '${id}'`;

/** Writes of the app's own class, the first of an object that has woken with open sockets. */
const writes: readonly [string, (storage: DurableObjectStorage, id: string) => void][] = [
  ["a statement", ({ sql }, id) => void sql.exec(replace(id))],
  ["a statement after a comment", ({ sql }, id) => void sql.exec(`-- SELECT\n${replace(id)}`)],
  ["a statement after a SELECT", ({ sql }, id) => void sql.exec(`SELECT 1; ${replace(id)}`)],
  [
    "a transaction that reads first",
    (storage, id) =>
      storage.transactionSync(() => {
        storage.sql.exec("SELECT count(*) FROM items").toArray();
        storage.sql.exec(replace(id));
      }),
  ],
  [
    "a transaction after one that was rolled back",
    (storage, id) => {
      expect(() =>
        storage.transactionSync(() => {
          storage.sql.exec(`DELETE FROM items WHERE id = '${id}'`);
          throw new Error("no");
        }),
      ).toThrow("no");
      storage.transactionSync(() => void storage.sql.exec(replace(id)));
    },
  ],
];

it.each(writes)("reaches the sockets that were open while the object slept: %s", async (_, write) => {
  const { http, socket, sleep, object } = await start();
  const { id } = await http.items.create.mutate({ text: "one" });
  await subscribed(socket, "streams.changes");
  for (let round = 1; round <= 2; round++) {
    await sleep();
    await runInDurableObject(object, (_instance, { storage }) => write(storage, id));
    await socket.until(1 + round);
    // A replacement is an update, because the triggers run for the row that it deletes.
    expect(eventsOf(socket.frames).map(({ change }) => change)).toMatchObject(
      Array.from({ length: round }, () => ({ type: "update", id })),
    );
  }
});
