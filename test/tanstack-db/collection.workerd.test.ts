import { createTransaction } from "@tanstack/db";
import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { pruneLog } from "../../src/do/change-log/prune-log.js";
import {
  newTask,
  openDevice,
  openTasks,
  recordTitles,
  rowsOf,
  signInAgain,
  signUpPerson,
  type Task,
} from "./open-tasks.js";

async function open() {
  const person = await signUpPerson();
  const device = openDevice(person.browser);
  const tasks = openTasks(device);
  const shown = recordTitles(tasks);
  await tasks.preload();
  const http = person.browser.client();
  const stored = async () => rowsOf(await http.tasks.list.query());
  return { ...person, device, tasks, shown, http, stored };
}

it("has all rows of the table when it is ready, and then their changes", async () => {
  const person = await signUpPerson();
  const http = person.browser.client();
  const first = await http.tasks.create.mutate(newTask("first"));
  const tasks = openTasks(openDevice(person.browser));
  await tasks.preload();
  expect(rowsOf(tasks)).toEqual([first]);
  const second = await http.tasks.create.mutate(newTask("second"));
  await http.tasks.update.mutate({ id: first.id, done: true });
  await expect.poll(() => rowsOf(tasks).map(({ done }) => done)).toEqual([true, false]);
  await http.tasks.delete.mutate({ id: second.id });
  await expect.poll(() => rowsOf(tasks).map(({ title }) => title)).toEqual(["first"]);
});

it("misses no change and shows none twice that is written while the rows are read", async () => {
  const person = await signUpPerson();
  const http = person.browser.client();
  const kept = await http.tasks.create.mutate(newTask("kept"));
  const deleted = await http.tasks.create.mutate(newTask("deleted"));
  const device = openDevice(person.browser);
  device.beforeRequest = async (path) => {
    if (path !== "tasks.list") return;
    await http.tasks.create.mutate(newTask("before the rows"));
    // Read before the last write, which the subscription delivers.
    const reply = await http.tasks.list.query();
    expect(reply).toHaveLength(3);
  };
  const tasks = openTasks(device);
  const shown = recordTitles(tasks);
  const ready = tasks.preload();
  await ready;
  await http.tasks.delete.mutate({ id: deleted.id });
  await http.tasks.update.mutate({ id: kept.id, title: "changed" });
  await expect.poll(() => rowsOf(tasks).map(({ title }) => title)).toEqual(["changed", "before the rows"]);
  expect(shown.filter((line) => line === "insert before the rows")).toHaveLength(1);
});

it("shows an insert at once, and then the stored row without a gap", async () => {
  const { tasks, shown, stored } = await open();
  const task = newTask("new");
  const { isPersisted } = tasks.insert(task);
  expect(rowsOf(tasks)).toEqual([task]);
  await isPersisted.promise;
  expect(rowsOf(tasks)).toEqual(await stored());
  expect(rowsOf(tasks)[0]?.id).toBe(task.id);
  expect(shown[0]).toBe("insert new");
  expect(shown.filter((line) => !line.startsWith("update"))).toEqual(["insert new"]);
});

it("resolves an update and a deletion when the collection has them", async () => {
  const { tasks, shown, stored } = await open();
  const task = newTask("one");
  await tasks.insert(task).isPersisted.promise;
  shown.length = 0;
  const update = tasks.update(task.id, (draft) => void Object.assign(draft, { title: "two" }));
  await update.isPersisted.promise;
  expect(rowsOf(tasks)).toEqual(await stored());
  expect(rowsOf(tasks)).toMatchObject([{ title: "two" }]);
  expect(new Set(shown)).toEqual(new Set(["update two"]));
  // Nothing is written, so no change is delivered.
  await tasks.update(task.id, (draft) => void Object.assign(draft, { updatedAt: new Date() })).isPersisted.promise;
  await tasks.delete(task.id).isPersisted.promise;
  expect(rowsOf(tasks)).toEqual([]);
  expect(await stored()).toEqual([]);
  expect(shown.at(-1)).toBe("delete two");
});

it("resolves a mutation that writes to another table last", async () => {
  const { tasks } = await open();
  await tasks.insert(newTask("noted")).isPersisted.promise;
  expect(rowsOf(tasks)).toMatchObject([{ title: "noted" }]);
  expect(tasks.utils.snapshot()?.rows).toHaveLength(1);
});

it("does not keep a row that was deleted in the turn in which it was created", async () => {
  const { tasks } = await open();
  await tasks.insert(newTask("short-lived")).isPersisted.promise;
  await expect.poll(() => tasks.size).toBe(0);
  await tasks.insert(newTask("kept")).isPersisted.promise;
  expect(rowsOf(tasks).map(({ title }) => title)).toEqual(["kept"]);
});

it("does not keep the values of an update that changed nothing", async () => {
  const { tasks, stored } = await open();
  const task = newTask("one");
  await tasks.insert(task).isPersisted.promise;
  await tasks.update(task.id, (draft) => void Object.assign(draft, { updatedAt: new Date(0) })).isPersisted.promise;
  await expect.poll(() => rowsOf(tasks)).toEqual(rowsOf(await stored()));
});

it("rolls a refused write back, with the error of the server", async () => {
  const { tasks, stored } = await open();
  const refused = tasks.insert(newTask("refused"));
  expect(tasks.size).toBe(1);
  await expect(refused.isPersisted.promise).rejects.toThrow("Not this title.");
  expect(tasks.size).toBe(0);
  const task = newTask("kept");
  await tasks.insert(task).isPersisted.promise;
  const update = tasks.update(task.id, (draft) => void Object.assign(draft, { title: "refused" }));
  await expect(update.isPersisted.promise).rejects.toThrow("Not this title.");
  expect(rowsOf(tasks)).toEqual(await stored());
});

it("shows the changes of a gap, of a sleep and of a stop of the object, each once", async () => {
  const { tasks, shown, http, device, sleep, stop } = await open();
  await http.tasks.create.mutate(newTask("one"));
  await expect.poll(() => tasks.size).toBe(1);
  device.wires.at(-1)?.drop();
  await http.tasks.create.mutate(newTask("two"));
  await expect.poll(() => tasks.size).toBe(2);
  await sleep();
  await http.tasks.create.mutate(newTask("three"));
  await expect.poll(() => tasks.size).toBe(3);
  await stop();
  await http.tasks.create.mutate(newTask("four"));
  await expect.poll(() => tasks.size).toBe(4);
  expect(shown).toEqual(["insert one", "insert two", "insert three", "insert four"]);
  expect(device.calls.filter((path) => path === "tasks.list")).toHaveLength(1);
});

it("reads the rows again after a reset, and shows all differences at once", async () => {
  const { tasks, http, browser, object, stored } = await open();
  const rows = await Promise.all(["one", "two", "three"].map((title) => http.tasks.create.mutate(newTask(title))));
  await expect.poll(() => tasks.size).toBe(3);
  const snapshot = tasks.utils.snapshot();
  await tasks.cleanup();
  await http.tasks.delete.mutate({ id: rows[0]?.id ?? "" });
  await http.tasks.update.mutate({ id: rows[1]?.id ?? "", title: "changed" });
  await runInDurableObject(object, (_instance, { storage }) => {
    expect(pruneLog(storage.sql, { maxRows: 1, maxAgeMs: Number.MAX_SAFE_INTEGER })).toBeGreaterThan(0);
  });
  const device = openDevice(browser);
  const later = openTasks(device, { snapshot: () => snapshot });
  const sizes: number[] = [];
  later.subscribeChanges(() => sizes.push(later.size));
  await expect.poll(() => rowsOf(later).map(({ title }) => title)).toEqual(["changed", "three"]);
  expect(rowsOf(later)).toEqual(await stored());
  expect(device.calls.filter((path) => path === "tasks.list")).toHaveLength(1);
  expect(sizes).toEqual([2]);
  await later.insert(newTask("after")).isPersisted.promise;
  expect(rowsOf(later)).toEqual(await stored());
});

it("has no snapshot with rows and a position that do not belong together while the rows are read", async () => {
  const { tasks, http, browser, object, stored } = await open();
  const task = await http.tasks.create.mutate(newTask("one"));
  await expect.poll(() => tasks.size).toBe(1);
  const snapshot = tasks.utils.snapshot();
  await tasks.cleanup();
  await http.tasks.update.mutate({ id: task.id, title: "changed" });
  await http.notes.create.mutate({ text: "later" });
  await runInDurableObject(object, (_instance, { storage }) => {
    expect(pruneLog(storage.sql, { maxRows: 1, maxAgeMs: Number.MAX_SAFE_INTEGER })).toBeGreaterThan(0);
  });
  for (const previous of [snapshot, undefined]) {
    const device = openDevice(browser);
    const reading = Promise.withResolvers<void>();
    const rows = Promise.withResolvers<void>();
    device.beforeRequest = (path) => {
      if (path === "tasks.list") reading.resolve();
      return rows.promise;
    };
    const later = openTasks(device, { snapshot: () => previous });
    later.startSyncImmediate();
    await reading.promise;
    expect(later.utils.snapshot()).toEqual(previous);
    rows.resolve();
    const newer = await stored();
    await expect.poll(() => later.utils.snapshot()?.rows).toEqual(newer);
    expect(later.utils.snapshot()?.cursor).not.toBe(snapshot?.cursor);
  }
});

it("sends the writes of a transaction to several collections, each with a key of its own", async () => {
  const { tasks, device, http } = await open();
  const others = openTasks(device);
  await others.preload();
  const idempotencyKey = crypto.randomUUID();
  const transaction = createTransaction<Task>({
    async mutationFn({ transaction: sent }) {
      await tasks.utils.send(sent, { idempotencyKey });
      await others.utils.send(sent, { idempotencyKey });
    },
  });
  transaction.mutate(() => {
    tasks.insert(newTask("one"));
    others.insert(newTask("other"));
  });
  await transaction.isPersisted.promise;
  expect((await http.tasks.list.query()).map(({ title }) => title)).toEqual(["one", "other"]);
  expect(device.calls.filter((path) => path === "tasks.create")).toHaveLength(2);
});

it("continues from a snapshot with the changes since, and without reading all rows", async () => {
  const { tasks, http, browser, stored } = await open();
  const snapshotOf = tasks.utils.snapshot;
  expect(snapshotOf()).toMatchObject({ rows: [] });
  const deleted = await http.tasks.create.mutate(newTask("deleted"));
  await http.tasks.create.mutate(newTask("kept"));
  await expect.poll(() => tasks.size).toBe(2);
  const snapshot = structuredClone(snapshotOf());
  await tasks.cleanup();
  expect(snapshotOf()).toBeUndefined();
  await http.tasks.delete.mutate({ id: deleted.id });
  await http.tasks.create.mutate(newTask("since"));
  const device = openDevice(browser);
  const later = openTasks(device, { snapshot: () => snapshot });
  await later.preload();
  expect(rowsOf(later).map(({ title }) => title)).toEqual(["deleted", "kept"]);
  await expect.poll(() => rowsOf(later)).toEqual(await stored());
  expect(device.calls).not.toContain("tasks.list");
});

it("reads all rows if a snapshot is of another user", async () => {
  const { tasks, http } = await open();
  await http.tasks.create.mutate(newTask("secret"));
  await expect.poll(() => tasks.size).toBe(1);
  const snapshot = tasks.utils.snapshot();
  const other = await signUpPerson();
  const device = openDevice(other.browser);
  const theirs = openTasks(device, { snapshot: () => snapshot });
  await theirs.preload();
  await expect.poll(() => theirs.size).toBe(0);
  expect(device.calls).toContain("tasks.list");
});

it("shows nothing of a user who signed out, and the rows of the next one", async () => {
  const { tasks, http, device } = await open();
  await http.tasks.create.mutate(newTask("of the first"));
  await expect.poll(() => tasks.size).toBe(1);
  await device.client.auth.logout.mutate();
  expect(tasks.size).toBe(0);
  const { email, browser } = await signUpPerson();
  await browser.client().tasks.create.mutate(newTask("of the second"));
  await device.client.auth.login.mutate({ email, password: "correct horse battery" });
  await expect.poll(() => rowsOf(tasks).map(({ title }) => title)).toEqual(["of the second"]);
});

it("starts again after it was cleaned up, with the rows of the server", async () => {
  const { tasks, email, stored } = await open();
  await tasks.insert(newTask("one")).isPersisted.promise;
  await tasks.cleanup();
  expect(tasks.status).toBe("cleaned-up");
  const other = openDevice(await signInAgain(email));
  await other.client.tasks.create.mutate(newTask("two"));
  await tasks.preload();
  expect(tasks.isReady()).toBe(true);
  expect(rowsOf(tasks)).toEqual(await stored());
});

it("resolves a write that it can no longer show, because it was cleaned up", async () => {
  const { tasks, device, stored } = await open();
  const sent = Promise.withResolvers<void>();
  device.beforeRequest = (path) => (path === "tasks.create" ? sent.promise : undefined);
  const { isPersisted } = tasks.insert(newTask("one"));
  await tasks.cleanup();
  sent.resolve();
  await isPersisted.promise;
  expect(await stored()).toMatchObject([{ title: "one" }]);
});
