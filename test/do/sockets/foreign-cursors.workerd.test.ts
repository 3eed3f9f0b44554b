import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { eventsOf, openSocket, subscribe } from "../../fixtures/socket.js";
import { start, subscribed, textsOf } from "./streams-socket.js";

const sql = (object: DurableObjectStub, statement: string, ...values: unknown[]) =>
  runInDurableObject(object, (_instance, state) => void state.storage.sql.exec(statement, ...values));

/** Returns the cursor with which a client reconnects. */
const cases: [string, (app: Awaited<ReturnType<typeof start>>, cursor: string) => Promise<string>][] = [
  [
    "too old",
    async ({ http, object }, cursor) => {
      for (const text of ["two", "three"]) await http.items.create.mutate({ text });
      await sql(object, "DELETE FROM _changes WHERE seq > 1 AND seq < (SELECT max(seq) FROM _changes)");
      return cursor;
    },
  ],
  [
    "of another object",
    async () => {
      const other = await start();
      await subscribed(other.socket, "streams.changes");
      await other.http.items.create.mutate({ text: "other" });
      await other.socket.until(2);
      return String(eventsOf(other.socket.frames)[0]?.cursor);
    },
  ],
  ["forged", async (_app, cursor) => cursor.replace(/\..*/, ".0123456789abcdef")],
  ["from the future", async (_app, cursor) => cursor.replace(/^\d+/, "9007199254740991")],
  [
    "of a database that was rolled back",
    async ({ object }, cursor) => {
      // A rollback restarts the object.
      await sql(object, "UPDATE _changes SET nonce = randomblob(8) WHERE seq = ?", Number(cursor.split(".")[0]));
      await evictDurableObject(object, { webSockets: "close" });
      return cursor;
    },
  ],
  ["of 100,000 characters", async () => "9".repeat(100_000)],
  ["empty", async () => ""],
];

describe.each(["streams.changes", "streams.tracked"])("%s", (path) => {
  it.each(cases)("sends one reset and then continues normally: %s", async (_name, cursorOf) => {
    const app = await start();
    const { browser, http, socket, sleep } = app;
    await subscribed(socket, path);
    await http.items.create.mutate({ text: "one" });
    await socket.until(2);
    const cursor = await cursorOf(app, String(eventsOf(socket.frames)[0]?.cursor));
    socket.socket.close();

    const again = await openSocket(browser, "/streams");
    again.send({ id: 1, method: "subscription", params: { path, input: {}, lastEventId: cursor } });
    await again.until(2);
    await http.items.create.mutate({ text: "next" });
    await again.until(3);
    await sleep();
    await http.items.create.mutate({ text: "after a sleep" });
    await again.until(4);
    expect(textsOf(again, 1)).toEqual([{ type: "reset" }, "next", "after a sleep"]);
    const fresh = eventsOf(again.frames)[0]?.cursor;
    again.socket.close();

    // The cursor of the reset is valid.
    const third = await openSocket(browser, "/streams");
    third.send(subscribe(1, path, fresh));
    await third.until(3);
    expect(textsOf(third, 1)).toEqual(["next", "after a sleep"]);
  });
});
