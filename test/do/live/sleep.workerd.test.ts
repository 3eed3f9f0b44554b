import { describe, expect, it } from "vitest";
import { openLiveSocket, signInToLive, startLive } from "../../fixtures/live.js";

describe("live queries over hibernation", () => {
  it("do not run when the object wakes, and after a write only if it affects them", async () => {
    const { http, socket, sleep, wrote } = await startLive();
    const note = await http.notes.create.mutate({ text: "one", list: "a" });
    const texts = socket.watch("notes.texts");
    const other = socket.watch("notes.of", { list: "b" });
    socket.watch("notes.byId", { id: crypto.randomUUID() });
    socket.watch("odd.whoami");
    socket.watch("kv.get", { key: "a" });
    await socket.settled();
    await http.trace.mutate();
    await sleep();
    expect(await http.trace.mutate()).toEqual([]);
    await wrote(http.kv.set.mutate({ key: "b", value: 1 }));
    expect(await http.trace.mutate()).toEqual([]);
    await sleep();
    await wrote(http.notes.update.mutate({ id: note.id, values: { text: "two" } }));
    expect((await http.trace.mutate()).toSorted()).toEqual(["notes.texts", "odd.whoami"]);
    expect([socket.results(texts), socket.results(other)]).toEqual([[["one"], ["two"]], [[]]]);
  });

  it("do not deliver an unchanged result again", async () => {
    const { http, socket, sleep, wrote } = await startLive();
    const note = await http.notes.create.mutate({ text: "one", list: "a" });
    const count = socket.watch("notes.count", { list: "a" });
    await socket.settled();
    await http.trace.mutate();
    for (const label of ["one", "two"]) {
      await sleep();
      await wrote(http.notes.update.mutate({ id: note.id, values: { label } }));
    }
    expect(await http.trace.mutate()).toEqual(["notes.count", "notes.count"]);
    expect(socket.results(count)).toEqual([1]);
    await sleep();
    await wrote(http.notes.delete.mutate({ id: note.id }));
    expect(socket.results(count)).toEqual([1, 0]);
  });

  it("run only the affected one of a thousand on one socket", async () => {
    const { http, socket, sleep, wrote } = await startLive();
    const notes = await Promise.all(
      Array.from({ length: 3 }, (_, index) => http.notes.create.mutate({ text: `note ${index}` })),
    );
    const watched = notes.map(({ id }) => socket.watch("notes.byId", { id }));
    for (let n = notes.length; n < 1_000; n++) socket.watch("notes.byId", { id: `unknown ${n}` });
    await expect
      .poll(() => socket.frames.filter(({ result }) => result?.type === "data").length, { timeout: 25_000 })
      .toBe(1_000);
    await http.trace.mutate();
    await sleep();
    await wrote(http.notes.update.mutate({ id: notes[1]?.id ?? "", values: { text: "changed" } }));
    expect(await http.trace.mutate()).toEqual(["notes.byId"]);
    expect(watched.map((id) => socket.results(id).length)).toEqual([1, 2, 1]);
  });

  it("share runs afterwards if and only if they shared them before", async () => {
    const { http, email, socket, session, sleep, wrote } = await startLive();
    const second = await signInToLive(email);
    const other = await openLiveSocket(second.browser);
    for (const each of [socket, other]) for (const path of ["notes.texts", "odd.whoami"]) each.watch(path);
    await Promise.all([socket.settled(), other.settled()]);
    await http.trace.mutate();
    await sleep();
    await wrote(http.notes.create.mutate({ text: "one" }));
    await other.settled();
    expect((await http.trace.mutate()).toSorted()).toEqual(["notes.texts", "odd.whoami", "odd.whoami"]);
    expect(socket.texts.join("\n")).not.toContain(second.session.id);
    expect(other.texts.join("\n")).not.toContain(session.id);
  });

  it("deliver nothing to a session that was revoked during hibernation", async () => {
    const { http, email, socket, sleep, wrote } = await startLive();
    const second = await signInToLive(email);
    const other = await openLiveSocket(second.browser);
    socket.watch("notes.texts");
    other.watch("notes.texts");
    await Promise.all([socket.settled(), other.settled()]);
    await sleep();
    await http.sessions.revoke.mutate({ id: second.session.id });
    const frames = other.frames.length;
    await wrote(http.notes.create.mutate({ text: "one" }));
    expect(other.frames).toHaveLength(frames);
  });
});
