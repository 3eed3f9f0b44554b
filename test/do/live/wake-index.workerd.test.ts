import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import type { Attachment } from "../../../src/do/connections/attachment.js";
import { openLiveSocket, signInToLive, signUpToLive, type LiveSocket } from "../../fixtures/live.js";

type Started = Awaited<ReturnType<typeof startTwo>>;

/** A user with a socket that writes, and a socket of another session that watches. */
async function startTwo() {
  const signedUp = await signUpToLive();
  const second = await signInToLive(signedUp.email);
  const watcher = await openLiveSocket(second.browser);
  return { ...signedUp, second, watcher };
}

const tablesIn = ({ object }: Pick<Started, "object">): Promise<string[]> =>
  runInDurableObject(object, (_instance, { storage }) =>
    storage.sql
      .exec("SELECT name FROM _wake_index WHERE length(groups) > 0 OR name = '(complete)' ORDER BY name")
      .toArray()
      .map(({ name }) => String(name)),
  );

/** Waits until the index is written and has rows for these tables. */
const indexed = (started: Pick<Started, "object">, ...tables: string[]): Promise<void> =>
  expect.poll(() => tablesIn(started), { timeout: 10_000 }).toEqual(["(complete)", ...tables].toSorted());

/**
 * Marks the sockets of a session as stored by a newer version. An object closes such a socket when it restores it, so the test can
 * see that.
 */
const markAsleep = ({ object }: Pick<Started, "object">, sessionId: string): Promise<void> =>
  runInDurableObject(object, (_instance, state) => {
    for (const socket of state.getWebSockets(`session:${sessionId}`)) {
      socket.serializeAttachment({ ...(socket.deserializeAttachment() as Attachment), version: 99 });
    }
  });

const hibernate = ({ object }: Pick<Started, "object">): Promise<void> =>
  evictDurableObject(object, { webSockets: "hibernate" });

/** Writes over a socket, and returns the reply. */
async function write(socket: LiveSocket, path: string, input: unknown) {
  const before = socket.frames.length;
  socket.send({ id: 77, method: "mutation", params: { path, input: { json: input } } });
  await socket.until(before + 1);
  return socket.frames.slice(before).find(({ id }) => id === 77);
}

it.each([
  ["another table", "notes.tag", { name: "a tag" }],
  ["a new row with another value", "notes.create", { text: "another list", list: "b" }],
  ["another key", "kv.set", { key: "k/b", value: 1 }],
])("does not restore a socket that a write to %s does not concern", async (_case, path, input) => {
  const started = await startTwo();
  const { http, browser, watcher, second } = started;
  const writer = await openLiveSocket(browser);
  const note = await http.notes.create.mutate({ text: "one", list: "a" });
  watcher.watch("notes.byId", { id: note.id });
  watcher.watch("notes.of", { list: "a" });
  watcher.watch("kv.get", { key: "k/a" });
  watcher.watch("kv.list", { prefix: "p/" });
  await watcher.settled();
  await indexed(started, "_kv", "notes");
  await markAsleep(started, second.session.id);
  await hibernate(started);
  const { length } = watcher.frames;
  expect(await write(writer, path, input)).toMatchObject({ result: { type: "data" } });
  await watcher.ping();
  expect(watcher.frames).toHaveLength(length);
  // The object restores it for a write that concerns it.
  await http.notes.update.mutate({ id: note.id, values: { text: "two" } });
  expect((await watcher.closed).code).toBe(4410);
});

it("restores the sockets that a change concerns, and leaves the others asleep", async () => {
  const started = await startTwo();
  const { http, browser, email, watcher, second } = started;
  const third = await signInToLive(email);
  const other = await openLiveSocket(third.browser);
  const own = await openLiveSocket(browser);
  const notes = await Promise.all(["one", "two"].map((text) => http.notes.create.mutate({ text })));
  const [first, last] = notes.map(({ id }) => id);
  const watched = [own.watch("notes.byId", { id: first }), watcher.watch("notes.byId", { id: first })];
  other.watch("notes.byId", { id: last });
  await Promise.all([own, watcher, other].map((socket) => socket.settled()));
  await indexed(started, "notes");
  await markAsleep(started, third.session.id);
  for (const text of ["changed", "changed again"]) {
    await hibernate(started);
    await http.notes.update.mutate({ id: first ?? "", values: { text } });
    await Promise.all([own, watcher].map((socket) => socket.settled()));
    expect(own.results(watched[0] ?? 0).at(-1)).toMatchObject({ text });
    expect(watcher.results(watched[1] ?? 0).at(-1)).toMatchObject({ text });
  }
  await other.ping();
  await http.sessions.revoke.mutate({ id: second.session.id });
  await watcher.closed;
  // The index still lists sockets that their clients or the object have closed.
  own.socket.close();
  await http.notes.update.mutate({ id: first ?? "", values: { text: "nobody" } });
  await hibernate(started);
  await http.notes.update.mutate({ id: first ?? "", values: { text: "nobody" } });
  await http.notes.update.mutate({ id: last ?? "", values: { text: "changed" } });
  expect((await other.closed).code).toBe(4410);
});

it("acknowledges a write to a sleeping socket of its session, whose queries it does not concern", async () => {
  const { browser, ...started } = await startTwo();
  const socket = await openLiveSocket(browser);
  const plain = await openLiveSocket(browser);
  const id = socket.watch("notes.of", { list: "a" });
  await socket.settled();
  await indexed(started, "notes");
  for (const known of [true, false]) {
    await hibernate(started);
    if (!known) {
      await runInDurableObject(started.object, (_instance, state) => {
        for (const each of state.getWebSockets()) {
          const { hasLive: _hasLive, ...earlier } = each.deserializeAttachment() as Attachment;
          each.serializeAttachment(earlier);
        }
      });
      await hibernate(started);
    }
    await started.http.notes.tag.mutate({ name: "elsewhere" });
    await socket.reached(started.cursor());
  }
  expect(socket.results(id)).toHaveLength(1);
  expect(plain.frames).toEqual([]);
});

it("restores all sockets, and indexes them again, after a version that did not write the index", async () => {
  const started = await startTwo();
  const { http, watcher } = started;
  const id = watcher.watch("notes.of", { list: "a" });
  await watcher.settled();
  await indexed(started, "notes");
  // Another version leaves an index that it did not update, and a fingerprint of its own.
  await runInDurableObject(started.object, (_instance, { storage }) => {
    storage.sql.exec("UPDATE _wake_index SET groups = zeroblob(16) WHERE name = 'notes'");
    storage.sql.exec("UPDATE _object SET fingerprint = 'another version'");
  });
  await hibernate(started);
  expect(await tablesIn(started)).toEqual([]);
  await http.notes.create.mutate({ text: "one", list: "a" });
  await watcher.settled();
  expect(watcher.results(id).at(-1)).toMatchObject([{ text: "one" }]);
  await indexed(started, "notes");
});

it("restores all sockets while the row of a table is outdated", async () => {
  const started = await startTwo();
  const { http, watcher } = started;
  watcher.watch("notes.of", { list: "a" });
  await watcher.settled();
  await indexed(started, "notes");
  const id = watcher.watch("notes.of", { list: "b" });
  await watcher.settled();
  await indexed(started, "notes");
  // An object that stops before it writes the row leaves this state.
  await runInDurableObject(started.object, (_instance, { storage }) => {
    storage.sql.exec("UPDATE _wake_index SET groups = x'' WHERE name = 'notes'");
  });
  await hibernate(started);
  await http.notes.create.mutate({ text: "one", list: "b" });
  await watcher.settled();
  expect(watcher.results(id).at(-1)).toMatchObject([{ text: "one" }]);
  await indexed(started, "notes");
});

it("writes no row of the index for results that depend on the same data", async () => {
  const started = await startTwo();
  const { http, watcher } = started;
  watcher.watch("notes.of", { list: "a" });
  watcher.watch("notes.texts");
  await watcher.settled();
  await indexed(started, "notes");
  await runInDurableObject(started.object, (_instance, { storage }) => {
    storage.sql.exec("CREATE TABLE written (name TEXT)");
    for (const event of ["INSERT", "UPDATE", "DELETE"])
      storage.sql.exec(
        `CREATE TRIGGER count_${event.toLowerCase()} AFTER ${event} ON _wake_index BEGIN INSERT INTO written VALUES ('${event}'); END`,
      );
  });
  for (const text of ["one", "two", "three"]) {
    await http.notes.create.mutate({ text, list: "a" });
    await watcher.settled();
    await hibernate(started);
  }
  const written = await runInDurableObject(started.object, (_instance, { storage }) =>
    storage.sql.exec("SELECT * FROM written").toArray(),
  );
  expect(written).toEqual([]);
});
