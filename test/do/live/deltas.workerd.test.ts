import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { openLiveSocket, startLive, type LiveSocket } from "../../fixtures/live.js";
import { subscribe, type Frame } from "../../fixtures/socket.js";

/** How each event of a subscription was sent. */
function kindsOf({ frames }: Pick<LiveSocket, "frames">, id: number): string[] {
  return frames.flatMap((frame) =>
    frame.id === id && frame.result?.type === "data" ? [frame.result.delta ? "delta" : "whole"] : [],
  );
}

/** A user with notes of one list, whose query is watched. */
async function startWithNotes(count: number) {
  const started = await startLive();
  const { http, socket } = started;
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    ids.push((await http.notes.create.mutate({ text: `note ${n}`, list: "a", rank: n })).id);
  }
  const id = socket.watch("notes.above", { rank: -1 });
  await socket.settled();
  const idOf = (index: number): string => ids[index] ?? "";
  return { ...started, id, idOf, fresh: () => http.notes.above.query({ rank: -1 }) };
}

describe("a live query of a list", () => {
  it("sends the package's client the changes, and tRPC's client the whole result of the same run", async () => {
    const { http, browser, socket, id, idOf, wrote, fresh } = await startWithNotes(6);
    const stock = await openLiveSocket(browser, "stock");
    const other = stock.watch("notes.above", { rank: -1 });
    await stock.settled();
    await http.trace.mutate();
    await wrote(http.notes.update.mutate({ id: idOf(2), values: { text: "new" } }));
    await stock.settled();
    expect(await http.trace.mutate()).toEqual(["notes.above"]);
    expect([kindsOf(socket, id), kindsOf(stock, other)]).toEqual([
      ["whole", "delta"],
      ["whole", "whole"],
    ]);
    expect(socket.results(id).at(-1)).toEqual(await fresh());
    expect(stock.results(other)).toEqual(socket.results(id));
    expect(stock.lastEventId(other)?.split(".")[2]).toBe(socket.lastEventId(id)?.split(".")[2]);
  });

  it("sends new, moved and deleted rows, and an empty list", async () => {
    const { http, socket, id, idOf, wrote, fresh } = await startWithNotes(6);
    for (const write of [
      () => http.notes.create.mutate({ text: "first", rank: 0 }),
      () => http.notes.update.mutate({ id: idOf(0), values: { rank: 10 } }),
      () => http.notes.delete.mutate({ id: idOf(3) }),
      () => http.notes.update.mutate({ id: idOf(1), values: { label: "label", done: true } }),
    ]) {
      await wrote(write() as Promise<unknown>);
      expect(socket.results(id).at(-1)).toEqual(await fresh());
    }
    expect(kindsOf(socket, id)).toEqual(["whole", "delta", "delta", "delta", "delta"]);
    for (const { id: note } of await fresh()) await wrote(http.notes.delete.mutate({ id: note }));
    expect(socket.results(id).at(-1)).toEqual([]);
    await wrote(http.notes.create.mutate({ text: "again", rank: 0 }));
    expect(socket.results(id).at(-1)).toEqual(await fresh());
  });

  it("sends the whole result after hibernation, and then changes again", async () => {
    const { http, socket, sleep, id, idOf, wrote, fresh } = await startWithNotes(6);
    const rename = (text: string) => wrote(http.notes.update.mutate({ id: idOf(2), values: { text } }));
    await rename("one");
    await sleep();
    await rename("two");
    await rename("three");
    expect(kindsOf(socket, id)).toEqual(["whole", "delta", "whole", "delta"]);
    expect(socket.results(id).at(-1)).toEqual(await fresh());
  });

  it("does not send an equal result again, although the object has it no longer", async () => {
    const { http, socket, sleep, wrote } = await startWithNotes(6);
    const id = socket.watch("notes.list");
    await socket.settled();
    await wrote(http.notes.create.mutate({ text: "a" }));
    await http.trace.mutate();
    await sleep();
    // Behind the limit of the query.
    await wrote(http.notes.create.mutate({ text: "z", rank: -2 }));
    expect(await http.trace.mutate()).toEqual(["notes.list"]);
    expect(kindsOf(socket, id)).toEqual(["whole", "delta"]);
  });

  it("sends the changes of a page, whose other properties may change, too", async () => {
    const { http, socket, wrote } = await startWithNotes(6);
    const id = socket.watch("notes.page", { limit: 4 });
    await socket.settled();
    const [first] = (await http.notes.page.query({ limit: 1 })).items;
    await wrote(http.notes.update.mutate({ id: first?.id ?? "", values: { rank: 7 } }));
    await wrote(http.notes.delete.mutate({ id: first?.id ?? "" }));
    expect(kindsOf(socket, id)).toEqual(["whole", "delta", "delta"]);
    expect(socket.results(id).at(-1)).toEqual(await http.notes.page.query({ limit: 4 }));
  });

  it("continues with changes on the next socket of a client that has the result of its last event", async () => {
    const { http, browser, socket, id, idOf, wrote } = await startWithNotes(6);
    const next = await openLiveSocket(browser);
    const input = { path: "notes.above", input: { rank: -1 } };
    const lastEventId = socket.lastEventId(id) ?? "";
    const resumed = (last: string): object => {
      const { params, ...message } = subscribe(7, "_live", last, input) as { readonly params: object };
      return { ...message, params: { ...params, userdo: { deltas: true } } };
    };
    next.socket.send(JSON.stringify(resumed(lastEventId)));
    await next.settled();
    expect(kindsOf(next, 7)).toEqual([]);
    await wrote(http.notes.update.mutate({ id: idOf(2), values: { text: "new" } }));
    await next.settled();
    expect(kindsOf(next, 7)).toEqual(["delta"]);
    const { delta } = next.frames.findLast((frame: Frame) => frame.id === 7)?.result ?? {};
    expect(delta?.base).toBe(lastEventId.split(".")[2]);
  });

  it("sends the whole result once to a client whose last result has the hash of an earlier version", async () => {
    const { browser, socket, id } = await startWithNotes(6);
    const [seq, nonce] = socket.lastEventId(id)?.split(".") ?? [];
    const next = await openLiveSocket(browser, "stock");
    const resumed = next.watch("notes.above", { rank: -1 }, `${seq}.${nonce}.0123456789abcdefABCDEF`);
    await next.settled();
    expect(next.results(resumed)).toEqual(socket.results(id));
    const again = await openLiveSocket(browser, "stock");
    const current = again.watch("notes.above", { rank: -1 }, next.lastEventId(resumed));
    await again.settled();
    expect(again.results(current)).toEqual([]);
  });

  it("sends whole results to a client that does not say that it reads changes", async () => {
    const { http, browser, idOf, wrote } = await startWithNotes(6);
    const old = await openLiveSocket(browser, "stock");
    const input = superjson.serialize({ path: "notes.above", input: { rank: -1 } });
    for (const userdo of [{}, { deltas: "yes" }, { startedAt: 1 }]) {
      old.send({
        id: `old ${JSON.stringify(userdo)}`,
        method: "subscription",
        params: { path: "_live", input, userdo },
      });
    }
    const events = () => old.frames.filter(({ result }) => result?.type === "data");
    await expect.poll(() => events().length).toBe(3);
    await wrote(http.notes.update.mutate({ id: idOf(2), values: { text: "new" } }));
    await expect.poll(() => events().length).toBe(6);
    expect(events().every(({ result }) => result?.delta === undefined)).toBe(true);
  });
});
