// Expectations of TanStack DB's own tests of collections and adapters. docs/decisions/collections.md lists their sources.
import { createCollection, createLiveQueryCollection } from "@tanstack/db";
import { runInDurableObject } from "cloudflare:test";
import { userdoCollectionOptions } from "trpc-userdo/tanstack-db";
import { expect, it } from "vitest";
import { pruneLog } from "../../src/do/change-log/prune-log.js";
import { newTask, openDevice, openTasks, recordTitles, rowsOf, signUpPerson } from "./open-tasks.js";

async function open() {
  const person = await signUpPerson();
  const device = openDevice(person.browser);
  return { ...person, device, tasks: openTasks(device), http: person.browser.client() };
}

it("is idle until it is used, then loading, and ready once it has all rows", async () => {
  const { tasks, http } = await open();
  await http.tasks.create.mutate(newTask("one"));
  expect(tasks.status).toBe("idle");
  const sizes: number[] = [];
  tasks.onFirstReady(() => sizes.push(tasks.size));
  tasks.subscribeChanges(() => {});
  expect(tasks.status).toBe("loading");
  await expect.poll(() => tasks.status).toBe("ready");
  expect(sizes).toEqual([1]);
});

it("is ready without rows", async () => {
  const { tasks } = await open();
  expect(await tasks.toArrayWhenReady()).toEqual([]);
  expect(tasks.isReady()).toBe(true);
});

it("shares one start between concurrent preloads, and resolves at once when it is ready", async () => {
  const { tasks, device } = await open();
  await Promise.all([tasks.preload(), tasks.preload(), tasks.toArrayWhenReady()]);
  await tasks.preload();
  expect(device.calls.filter((path) => path === "tasks.list")).toHaveLength(1);
  expect(device.wires).toHaveLength(1);
});

it("rejects preload with the error of the server if the rows are refused", async () => {
  const { device } = await open();
  const { client } = device;
  const errors: Error[] = [];
  const tasks = createCollection(
    userdoCollectionOptions({
      client,
      list: { query: async () => [await client.posts.byId.query({ id: "unknown" })] },
      changes: client.tasks.changes,
      onError: (error) => errors.push(error),
    }),
  );
  await expect(tasks.preload()).rejects.toThrow("There is no such post.");
  expect(tasks.status).toBe("error");
  expect(errors).toHaveLength(1);
  await tasks.cleanup();
});

it("resolves pending writes when the server refuses the rows, and reads them again after the next write", async () => {
  const { device, http } = await open();
  const { client } = device;
  const { changes, create } = client.tasks;
  let isRefused = false;
  const refuse = async (): Promise<never> => {
    await client.posts.byId.query({ id: "unknown" });
    throw new Error("There is such a post.");
  };
  const query: typeof client.tasks.list.query = (input, options) =>
    // A promise of a client has a mark in its type that no other has.
    isRefused ? (refuse() as never) : client.tasks.list.query(input, options);
  const errors: string[] = [];
  const tasks = createCollection(
    userdoCollectionOptions({
      client,
      list: { query },
      changes,
      create,
      onError: ({ message }) => errors.push(message),
    }),
  );
  await tasks.preload();
  isRefused = true;
  // No change shows it, so the rows are read again.
  await tasks.insert(newTask("short-lived")).isPersisted.promise;
  expect(errors).toEqual(["There is no such post."]);
  expect(tasks.utils.snapshot()).toBeUndefined();
  isRefused = false;
  await tasks.insert(newTask("one")).isPersisted.promise;
  await http.tasks.create.mutate(newTask("two"));
  await expect.poll(() => rowsOf(tasks)).toEqual(rowsOf(await http.tasks.list.query()));
  await tasks.cleanup();
});

it("names the mistake if its client was not created by createClient", async () => {
  const { device, browser } = await open();
  const { list, changes } = device.client.tasks;
  const tasks = createCollection(userdoCollectionOptions({ client: browser.client(), list, changes }));
  await expect(tasks.preload()).rejects.toThrow("`client` was not created by createClient().");
});

it("names the missing option if it cannot send a write", async () => {
  const { device } = await open();
  const { client } = device;
  const { list, changes, update } = client.tasks;
  const tasks = createCollection(userdoCollectionOptions({ client, list, changes, update }));
  const sent = tasks.utils.send(
    { mutations: [{ type: "insert", modified: { ...newTask("one") }, original: {}, changes: {} }] },
    { idempotencyKey: crypto.randomUUID() },
  );
  await expect(sent).rejects.toThrow("The collection cannot insert rows. Pass the option `create` to");
});

it("reads the rows again after a temporary error", async () => {
  const { tasks, device } = await open();
  let failures = 0;
  device.beforeRequest = (path) => {
    if (path === "tasks.list" && failures++ === 0) throw new TypeError("The network was lost.");
  };
  await tasks.preload();
  expect(tasks.status).toBe("ready");
  expect(failures).toBe(2);
});

it("ignores rows that arrive after it was cleaned up, and closes its subscription", async () => {
  const { tasks, device, http } = await open();
  await http.tasks.create.mutate(newTask("one"));
  const reading = Promise.withResolvers<void>();
  const reply = Promise.withResolvers<void>();
  device.beforeRequest = (path) => {
    if (path !== "tasks.list") return undefined;
    reading.resolve();
    return reply.promise;
  };
  const preload = tasks.preload();
  preload.catch(() => {});
  await reading.promise;
  await tasks.cleanup();
  reply.resolve();
  await http.tasks.create.mutate(newTask("two"));
  expect(tasks.size).toBe(0);
  expect(tasks.status).toBe("cleaned-up");
  await expect.poll(() => device.wires[0]?.sent.some((text) => text.includes("subscription.stop"))).toBe(true);
});

it("can be cleaned up several times, and starts again when it is used", async () => {
  const { tasks, http, device } = await open();
  await tasks.preload();
  await tasks.cleanup();
  await tasks.cleanup();
  await http.tasks.create.mutate(newTask("one"));
  tasks.subscribeChanges(() => {});
  await expect.poll(() => tasks.size).toBe(1);
  expect(device.calls.filter((path) => path === "tasks.list")).toHaveLength(2);
});

it("keeps optimistic writes while all rows are replaced, and then shows what became of them", async () => {
  const { tasks, browser, object, http } = await open();
  const kept = await http.tasks.create.mutate(newTask("kept"));
  const deleted = await http.tasks.create.mutate(newTask("deleted"));
  await tasks.preload();
  const snapshot = tasks.utils.snapshot();
  await tasks.cleanup();
  await http.tasks.create.mutate(newTask("of another"));
  await http.notes.create.mutate({ text: "later" });
  await runInDurableObject(object, (_instance, { storage }) => {
    expect(pruneLog(storage.sql, { maxRows: 1, maxAgeMs: Number.MAX_SAFE_INTEGER })).toBeGreaterThan(0);
  });
  // The position of the snapshot is pruned, so all rows are replaced. Meanwhile writes are on their way.
  const device = openDevice(browser);
  const rows = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  device.beforeRequest = (path) => (path === "tasks.list" ? rows.promise : sent.promise);
  const later = openTasks(device, { snapshot: () => snapshot });
  const sorted = createLiveQueryCollection((query) =>
    query.from({ task: later }).orderBy(({ task }) => task.id, "desc"),
  );
  await sorted.preload();
  const titles = (): string[] => sorted.toArray.map(({ title }) => title).toReversed();
  const refused = later.insert(newTask("refused"));
  const writes = [
    later.insert(newTask("new")),
    later.update(kept.id, (draft) => void Object.assign(draft, { title: "changed" })),
    later.delete(deleted.id),
  ];
  expect(titles()).toEqual(["changed", "refused", "new"]);
  rows.resolve();
  await expect.poll(titles).toEqual(["changed", "of another", "refused", "new"]);
  sent.resolve();
  await expect(refused.isPersisted.promise).rejects.toThrow("Not this title.");
  await Promise.all(writes.map(({ isPersisted }) => isPersisted.promise));
  await expect.poll(titles).toEqual(["changed", "of another", "new"]);
  expect(rowsOf(later)).toEqual(rowsOf(await http.tasks.list.query()));
  await sorted.cleanup();
});

it("delivers one insert for each row to a subscriber that includes the initial state", async () => {
  const { tasks, http } = await open();
  await http.tasks.create.mutate(newTask("one"));
  await tasks.preload();
  const shown: string[] = [];
  tasks.subscribeChanges(
    (changes) => {
      for (const { type, value } of changes) shown.push(`${type} ${value.title}`);
    },
    { includeInitialState: true },
  );
  await http.tasks.create.mutate(newTask("two"));
  await expect.poll(() => shown).toEqual(["insert one", "insert two"]);
});

it("sends all writes of one transaction in order, and rolls all back if one is refused", async () => {
  const { tasks, http, device } = await open();
  await tasks.preload();
  const shown = recordTitles(tasks);
  await tasks.insert([newTask("one"), newTask("two"), newTask("three")]).isPersisted.promise;
  expect(rowsOf(tasks)).toEqual(rowsOf(await http.tasks.list.query()));
  expect(shown.slice(0, 3)).toEqual(["insert one", "insert two", "insert three"]);
  expect(device.calls.filter((path) => path === "tasks.create")).toHaveLength(3);
  const refused = tasks.insert([newTask("four"), newTask("refused"), newTask("five")]);
  await expect(refused.isPersisted.promise).rejects.toThrow("Not this title.");
  // The writes before the refused one are stored.
  await expect.poll(() => rowsOf(tasks).map(({ title }) => title)).toEqual(["one", "two", "three", "four"]);
});

it("reads a list of pages", async () => {
  const { device, http } = await open();
  for (let n = 0; n < 7; n++) await http.tasks.create.mutate(newTask(`${n}`));
  const { client } = device;
  const tasks = createCollection(
    userdoCollectionOptions({ client, list: client.tasks.pages, changes: client.tasks.changesOfPages, input: {} }),
  );
  await tasks.preload();
  expect(tasks.size).toBe(7);
  expect(device.calls.filter((path) => path === "tasks.pages")).toHaveLength(3);
  expect(() => tasks.insert(newTask("new"))).toThrow();
  await tasks.cleanup();
});
