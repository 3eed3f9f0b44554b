import { describe, expect, it } from "vitest";
import { startLive } from "../../fixtures/live.js";

async function start() {
  const started = await startLive();
  /** The queries that ran again for a write. */
  const ranFor = async <TResult>(write: Promise<TResult>): Promise<[string[], TResult]> => {
    const result = await started.wrote(write);
    return [await started.http.trace.mutate(), result];
  };
  return { ...started, ranFor };
}

const [of, above, byId, count, list] = ["notes.of", "notes.above", "notes.byId", "notes.count", "notes.list"];

describe("a write that a query's conditions cannot match", () => {
  it("does not run the query, unlike one to a row that matches or matched", async () => {
    const { http, socket, ranFor } = await start();
    const one = await http.notes.create.mutate({ text: "b", list: "a", rank: 5 });
    socket.watch("notes.of", { list: "a" });
    socket.watch("notes.above", { rank: 10 });
    socket.watch("notes.byId", { id: one.id });
    await socket.settled();
    await http.trace.mutate();

    const { update, create, delete: remove } = http.notes;
    const [ran, other] = await ranFor(create.mutate({ text: "c", list: "b", rank: 3 }));
    expect(ran).toEqual([]);
    expect((await ranFor(update.mutate({ id: other.id, values: { text: "d" } })))[0]).toEqual([]);
    // A row starts to match one query's condition, and stops to match.
    expect((await ranFor(update.mutate({ id: other.id, values: { rank: 11 } })))[0]).toEqual([above]);
    expect((await ranFor(update.mutate({ id: other.id, values: { rank: 2 } })))[0]).toEqual([above]);
    expect((await ranFor(update.mutate({ id: other.id, values: { rank: 1 } })))[0]).toEqual([]);
    expect((await ranFor(update.mutate({ id: other.id, values: { list: "a" } })))[0]).toEqual([of]);
    expect((await ranFor(update.mutate({ id: other.id, values: { list: "b", rank: 12 } })))[0].toSorted()).toEqual([
      above,
      of,
    ]);
    expect((await ranFor(remove.mutate({ id: other.id })))[0]).toEqual([above]);
    expect((await ranFor(update.mutate({ id: one.id, values: { label: "x" } })))[0].toSorted()).toEqual([byId, of]);
    expect((await ranFor(remove.mutate({ id: one.id })))[0].toSorted()).toEqual([byId, of]);
    expect((await ranFor(create.mutate({ text: "e", list: "c" })))[0]).toEqual([]);
  });

  it("runs a count for any changed row, because a count does not store its rows", async () => {
    const { http, socket, ranFor } = await start();
    const other = await http.notes.create.mutate({ text: "b", list: "b" });
    socket.watch("notes.count", { list: "a" });
    await socket.settled();
    await http.trace.mutate();
    expect((await ranFor(http.notes.create.mutate({ text: "c", list: "b" })))[0]).toEqual([]);
    expect((await ranFor(http.notes.update.mutate({ id: other.id, values: { text: "d" } })))[0]).toEqual([count]);
  });

  it("does not run a limited query for rows beyond its end, unlike one to rows before it", async () => {
    const { http, socket, ranFor } = await start();
    const ids: string[] = [];
    for (const text of ["b", "c", "d", "e", "f"]) ids.push((await http.notes.create.mutate({ text })).id);
    const first = socket.watch("notes.list");
    const page = socket.watch("notes.page", { limit: 2 });
    await socket.settled();
    await http.trace.mutate();
    const [, , third = "", , fifth = ""] = ids;
    expect((await ranFor(http.notes.delete.mutate({ id: fifth })))[0]).toEqual([]);
    // The row after a page decides whether there is another.
    expect((await ranFor(http.notes.delete.mutate({ id: third })))[0].toSorted()).toEqual([list, "notes.page"]);
    await ranFor(http.notes.create.mutate({ text: "a" }));
    const texts = (value: unknown) => (value as { text: string }[]).map(({ text }) => text);
    expect(texts(socket.results(first).at(-1))).toEqual(["a", "b", "c"]);
    expect(socket.results(page).at(-1)).toMatchObject({ items: [{ text: "a" }, { text: "b" }] });
  });

  it("does not run the query for other tables and other keys", async () => {
    const { http, socket, ranFor } = await start();
    for (const path of ["notes.texts", "notes.tagged", "notes.raw"]) socket.watch(path);
    socket.watch("odd.whoami");
    await socket.settled();
    await http.trace.mutate();
    expect((await ranFor(http.kv.set.mutate({ key: "a", value: 1 })))[0]).toEqual([]);
    expect((await ranFor(http.sessions.data.set.mutate({ a: 1 })))[0]).toEqual([]);
    expect((await ranFor(http.notes.create.mutate({ text: "a" })))[0].toSorted()).toEqual([
      "notes.raw",
      "notes.tagged",
      "notes.texts",
      "odd.whoami",
    ]);
  });
});
