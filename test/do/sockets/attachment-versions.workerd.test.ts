import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { subscribe } from "../../fixtures/socket.js";
import { echo, start } from "./streams-socket.js";

/** Opens a socket with a subscription, changes its attachment, and makes the object hibernate. */
async function startWith(change: (attachment: Record<string, unknown>) => object) {
  const started = await start();
  started.socket.send(subscribe(1, "streams.changes"));
  await started.socket.until(1);
  await runInDurableObject(started.object, (_instance, state) => {
    for (const socket of state.getWebSockets()) {
      socket.serializeAttachment(change(socket.deserializeAttachment() as Record<string, unknown>));
    }
  });
  await evictDurableObject(started.object, { webSockets: "hibernate" });
  return started;
}

it("restores the subscriptions of a socket that was accepted before attachments had versions", async () => {
  const { http, socket } = await startWith(({ version: _version, ...attachment }) => attachment);
  await http.items.create.mutate({ text: "one" });
  await socket.until(2);
  expect(socket.frames[1]).toMatchObject({ id: 1, result: { type: "data" } });
});

it.each(["a message", "a change"])(
  "closes a socket that a newer version stored, at %s, so that its client reconnects",
  async (event) => {
    const { http, socket } = await startWith((attachment) => ({
      ...attachment,
      version: 99,
      subscriptions: { any: "shape" },
    }));
    if (event === "a message") socket.send(echo(2));
    else await http.items.create.mutate({ text: "one" });
    expect(await socket.closed).toEqual({ code: 4410, reason: "The app was rolled back. Open another socket." });
    expect(socket.frames).toHaveLength(1);
    expect(await http.items.list.query()).toHaveLength(event === "a message" ? 0 : 1);
  },
);

describe("a socket that version e6d334c stored", () => {
  // Written by hand in the shape of that version: without a version, and without the fields that were added later.
  // The attachments that it really wrote are in test/upgrade/releases.
  const list =
    '[{"id":1,"path":"streams.changes","input":{"json":null,"meta":{"values":["undefined"],"v":1}},"kind":"source","tables":["items"]},' +
    '{"id":2,"path":"_live","input":{"json":{"path":"items.list"}},"kind":"live","tables":[],"live":{"reads":[{"table":"items","where":[]}],"shared":true}}]';
  const rows: readonly [id: string, stored: string][] = [
    [
      "1",
      '{"id":1,"path":"streams.changes","input":{"json":null,"meta":{"values":["undefined"],"v":1}},"kind":"source","tables":["items"]}',
    ],
    [
      '"text id"',
      '{"id":"text id","jsonrpc":"2.0","path":"streams.changes","input":{"json":null,"meta":{"values":["undefined"],"v":1}},"kind":"source","tables":["items"]}',
    ],
  ];

  async function restore(subscriptions: string, stored: readonly [string, string][]) {
    const started = await start();
    const { user, session } = started;
    const lapses = Math.floor(Date.now() / 1000) * 1000 + 600_000;
    await runInDurableObject(started.object, (_instance, state) => {
      for (const [id, text] of stored) {
        state.storage.sql.exec(
          "INSERT INTO _socket_subscriptions (socket, id, stored) VALUES ('1014ed1acd288629d4068807385b0ee4', ?, ?)",
          id,
          text,
        );
      }
      for (const socket of state.getWebSockets()) {
        socket.serializeAttachment({
          key: "1014ed1acd288629d4068807385b0ee4",
          caller: { type: "user", userId: user.id, via: "session", sessionId: session.id },
          lapses,
          standing: undefined,
          subscriptions,
        });
      }
    });
    await started.sleep();
    await started.http.items.create.mutate({ text: "one" });
    return started;
  }

  it("is read from an attachment", async () => {
    const { socket } = await restore(list, []);
    await expect
      .poll(() => socket.frames.filter(({ result }) => result?.type === "data").map(({ id }) => id), { timeout: 5_000 })
      .toEqual(expect.arrayContaining([1, 2]));
    expect(JSON.stringify(socket.frames.find(({ id }) => id === 2))).toContain("one");
  });

  it("is read from the table of subscriptions that an attachment has no space for", async () => {
    const { socket, object, http } = await restore("spilled", rows);
    await socket.until(2);
    expect(socket.frames.map(({ id, result }) => [id, result?.type])).toEqual(
      expect.arrayContaining([
        [1, "data"],
        ["text id", "data"],
      ]),
    );
    socket.send({ id: 1, method: "subscription.stop" });
    await socket.until(3);
    expect(socket.frames[2]).toEqual({ id: 1, result: { type: "stopped" } });
    await http.items.create.mutate({ text: "two" });
    await socket.until(4);
    const left = await runInDurableObject(object, (_instance, { storage }) =>
      storage.sql.exec("SELECT id FROM _socket_subscriptions").toArray(),
    );
    expect(left).toEqual([{ id: '"text id"' }]);
  });
});
