import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Attachment, StoredSubscription } from "../../../src/do/connections/attachment.js";
import { createSubscriptionStore, socketSchema } from "../../../src/do/sockets/subscription-store.js";

let count = 0;

/** Runs work on the storage of an unused object, and counts its statements. */
function inStorage(work: (sql: SqlStorage, statements: () => number) => void): Promise<void> {
  return runInDurableObject(env.OUTBOX_DO.getByName(`subscriptions ${++count}`), (_instance, { storage }) => {
    storage.sql.exec(socketSchema);
    let statements = 0;
    const exec: SqlStorage["exec"] = (...given) => {
      statements++;
      return storage.sql.exec(...given);
    };
    work(Object.assign(Object.create(storage.sql) as SqlStorage, { exec }), () => statements);
  });
}

/** The part of a socket that the store uses. */
function openSocket(key: string): WebSocket {
  const { 0: socket } = new WebSocketPair();
  const attachment: Attachment = { key, caller: { type: "anonymous" }, lapses: 0, subscriptions: "[]" };
  socket.serializeAttachment(attachment);
  return socket;
}

const attachmentOf = (socket: WebSocket): Attachment => socket.deserializeAttachment() as Attachment;

function subscription(id: string | number, cursor?: string, input: unknown = "x".repeat(100)): StoredSubscription {
  return { id, path: "streams.changes", input, kind: "source", tables: ["items"], cursor };
}

describe("one write for many subscriptions", () => {
  it("needs a few statements for the rows of a socket, however many change", () =>
    inStorage((sql, statements) => {
      const store = createSubscriptionStore(sql);
      const socket = openSocket("one");
      const ids = Array.from({ length: 2_000 }, (_, index) => index);
      store.inOneWrite(() => ids.forEach((id) => store.add(socket, subscription(id))));
      const before = statements();
      store.inOneWrite(() => ids.forEach((id) => store.add(socket, subscription(id, `${id}.cursor`))));
      expect(statements() - before).toBeLessThan(5);
      expect(attachmentOf(socket).subscriptions).toBe("spilled");
      const stored = store.read(attachmentOf(socket)).toSorted((one, other) => Number(one.id) - Number(other.id));
      expect(stored).toEqual(ids.map((id) => subscription(id, `${id}.cursor`)));
      store.inOneWrite(() => ids.forEach((id) => store.remove(socket, id)));
      expect(statements() - before).toBeLessThan(8);
      expect(store.read(attachmentOf(socket))).toEqual([]);
    }));

  it("needs more statements for rows that one statement cannot contain", () =>
    inStorage((sql) => {
      const store = createSubscriptionStore(sql);
      const socket = openSocket("one");
      const large = Array.from({ length: 20 }, (_, id) => subscription(id, undefined, '"'.repeat(100_000)));
      store.inOneWrite(() => large.forEach((each) => store.add(socket, each)));
      expect(store.read(attachmentOf(socket)).length).toBe(20);
    }));

  it("writes the changes that were made before the work failed", () =>
    inStorage((sql) => {
      const store = createSubscriptionStore(sql);
      const socket = openSocket("one");
      expect(() =>
        store.inOneWrite(() => {
          store.add(socket, subscription(1));
          throw new Error("failed");
        }),
      ).toThrow("failed");
      store.add(socket, subscription(2));
      expect(store.read(attachmentOf(socket)).map(({ id }) => id)).toEqual([1, 2]);
    }));

  it("stores the same as a write for each, also for a store that reads it after hibernation", async () => {
    const id = fc.oneof(fc.nat(6), fc.constantFrom("1", "a"));
    const change = fc.record({
      socket: fc.nat(1),
      id,
      adds: fc.boolean(),
      cursor: fc.option(fc.constantFrom("1.a", "2.b"), { nil: undefined }),
      input: fc.constantFrom("small", "x".repeat(5_000)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 6 }), (batches) =>
        inStorage((sql) => {
          const expected = [
            new Map<string | number, StoredSubscription>(),
            new Map<string | number, StoredSubscription>(),
          ];
          const sockets = [openSocket("first"), openSocket("second")];
          let store = createSubscriptionStore(sql);
          for (const batch of batches) {
            store.inOneWrite(() => {
              for (const each of batch) {
                const [socket, own] = [sockets[each.socket], expected[each.socket]];
                if (!socket || !own) throw new Error("There are two sockets.");
                const stored = subscription(each.id, each.cursor, each.input);
                own.delete(each.id);
                if (each.adds) own.set(each.id, stored);
                if (each.adds) store.add(socket, stored);
                else store.remove(socket, each.id);
              }
            });
            store = createSubscriptionStore(sql);
            sockets.forEach((socket, index) => {
              const read = new Map(store.read(attachmentOf(socket)).map((stored) => [stored.id, stored]));
              expect(read).toEqual(
                new Map(
                  [...(expected[index] ?? [])].map(([key, value]) => [
                    key,
                    JSON.parse(JSON.stringify(value)) as unknown,
                  ]),
                ),
              );
            });
          }
        }),
      ),
      { numRuns: 60 },
    );
  });
});
