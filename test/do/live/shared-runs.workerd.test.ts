import { createCaller, watchQuery } from "trpc-userdo/worker";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { LiveRouter } from "../../fixtures/app/live.js";
import { openLiveSocket, signInToLive, signUpToLive } from "../../fixtures/live.js";

/** Two callers with equal permissions in one object: two sessions of its user. */
async function start() {
  const one = await signUpToLive();
  const two = await signInToLive(one.email);
  const sockets = [await openLiveSocket(one.browser), await openLiveSocket(two.browser)] as const;
  const wrote = async (write: Promise<unknown>): Promise<void> => {
    await write;
    await sockets[0].reached(one.cursor());
  };
  return { one, two, sockets, wrote, http: one.http };
}

describe("live queries of several callers", () => {
  it("run once for all callers when they read nothing of the caller", async () => {
    const { sockets, wrote, http } = await start();
    const ids = sockets.map((socket) => socket.watch("notes.texts"));
    await Promise.all(sockets.map((socket) => socket.settled()));
    await http.trace.mutate();
    await wrote(http.notes.create.mutate({ text: "one" }));
    expect(await http.trace.mutate()).toEqual(["notes.texts"]);
    await sockets[1].settled();
    expect(sockets.map((socket, index) => socket.results(ids[index] ?? 0))).toEqual([
      [[], ["one"]],
      [[], ["one"]],
    ]);
  });

  it("stay shared when a middleware adds the same context for all callers", async () => {
    const { sockets, wrote, http } = await start();
    const ids = sockets.map((socket) => socket.watch("odd.labelled"));
    await Promise.all(sockets.map((socket) => socket.settled()));
    await http.trace.mutate();
    await wrote(http.notes.create.mutate({ text: "one" }));
    expect(await http.trace.mutate()).toEqual(["odd.labelled"]);
    await sockets[1].settled();
    expect(sockets.map((socket, index) => socket.results(ids[index] ?? 0).at(-1))).toEqual([
      ["user", 1],
      ["user", 1],
    ]);
  });

  it.each(["odd.whoami", "odd.guarded"])(
    "run %s for each caller, and deliver neither caller's data to the other",
    async (path) => {
      const { one, two, sockets, wrote, http } = await start();
      for (const socket of sockets) socket.watch(path);
      await Promise.all(sockets.map((socket) => socket.settled()));
      await http.trace.mutate();
      await wrote(http.notes.create.mutate({ text: "one" }));
      await sockets[1].settled();
      expect(await http.trace.mutate()).toEqual([path, path]);
      const [first, second] = sockets.map((socket) => socket.texts.join("\n"));
      expect(first).toContain(one.session.id);
      expect(first).not.toContain(two.session.id);
      expect(second).toContain(two.session.id);
      expect(second).not.toContain(one.session.id);
    },
  );

  it("stop sharing a run while it reads the caller", async () => {
    const { one, two, sockets, wrote, http } = await start();
    const ids = sockets.map((socket) => socket.watch("odd.sometimes"));
    const last = () => sockets.map((socket, index) => socket.results(ids[index] ?? 0).at(-1));
    await Promise.all(sockets.map((socket) => socket.settled()));
    expect(last()).toEqual([
      { notes: 0, session: "unread" },
      { notes: 0, session: "unread" },
    ]);
    const note = http.notes.create.mutate({ text: "one" });
    await wrote(note);
    await sockets[1].settled();
    expect(last()).toEqual([
      { notes: 1, session: one.session.id },
      { notes: 1, session: two.session.id },
    ]);
    expect(sockets[1].texts.join("\n")).not.toContain(one.session.id);
    await wrote(http.notes.delete.mutate({ id: (await note).id }));
    await sockets[1].settled();
    await http.trace.mutate();
    await wrote(http.kv.set.mutate({ key: "a", value: 1 }));
    expect(await http.trace.mutate()).toEqual([]);
    expect(last()[1]).toEqual({ notes: 0, session: "unread" });
  });

  it("repeat a check of the caller for each caller, whoever caused the run", async () => {
    const { one, two, sockets, wrote, http } = await start();
    const ids = sockets.map((socket) => socket.watch("odd.checked"));
    await Promise.all(sockets.map((socket) => socket.settled()));
    await http.trace.mutate();
    await wrote(http.notes.create.mutate({ text: "one" }));
    await sockets[1].settled();
    expect(await http.trace.mutate()).toEqual(["odd.checked"]);
    // The data that the check read has changed, so it runs again, and refuses one of the two.
    await wrote(http.notes.tag.mutate({ name: two.session.id }));
    const refusal = { id: ids[1], error: { json: { data: { code: "FORBIDDEN" } } } };
    await expect.poll(() => sockets[1].frames.at(-1)).toMatchObject(refusal);
    await wrote(http.notes.create.mutate({ text: "two" }));
    expect(sockets.map((socket, index) => socket.results(ids[index] ?? 0))).toEqual([
      [0, 1, 2],
      [0, 1],
    ]);
    await http.notes.tag.mutate({ name: one.session.id });
    await expect.poll(() => sockets[0].frames.some(({ error }) => error?.json.data.code === "FORBIDDEN")).toBe(true);
  });

  it("read each session's own data", async () => {
    const { one, two, sockets } = await start();
    const ids = sockets.map((socket) => socket.watch("sessions.data.get"));
    await Promise.all(sockets.map((socket) => socket.settled()));
    await one.http.sessions.data.set.mutate({ canary: "one" });
    await two.http.sessions.data.set.mutate({ canary: "two" });
    await Promise.all([sockets[0].reached(one.cursor()), sockets[1].reached(two.cursor())]);
    expect(sockets.map((socket, index) => socket.results(ids[index] ?? 0))).toEqual([
      [null, { canary: "one" }],
      [null, { canary: "two" }],
    ]);
    expect(sockets[0].texts.join("\n")).not.toContain("two");
  });

  it("deliver nothing more to a revoked session, and continue for the others", async () => {
    const { two, sockets, wrote, http } = await start();
    const ids = sockets.map((socket) => socket.watch("notes.texts"));
    await Promise.all(sockets.map((socket) => socket.settled()));
    await http.sessions.revoke.mutate({ id: two.session.id });
    const frames = sockets[1].frames.length;
    await wrote(http.notes.create.mutate({ text: "one" }));
    expect((await sockets[1].closed).code).toBe(4401);
    expect(sockets[1].frames).toHaveLength(frames);
    expect(sockets[0].results(ids[0] ?? 0)).toEqual([[], ["one"]]);
    // The query that both shared continues to run for the remaining one.
    await wrote(http.notes.create.mutate({ text: "two" }));
    expect(sockets[0].results(ids[0] ?? 0)).toHaveLength(3);
  });

  it("continue for the others when the first session of a shared run is revoked", async () => {
    const { one, two, sockets } = await start();
    const ids = sockets.map((socket) => socket.watch("notes.texts"));
    await Promise.all(sockets.map((socket) => socket.settled()));
    await two.http.sessions.revoke.mutate({ id: one.session.id });
    await two.http.notes.create.mutate({ text: "one" });
    await sockets[1].reached(two.cursor());
    expect(sockets[1].results(ids[1] ?? 0)).toEqual([[], ["one"]]);
    expect(sockets[0].results(ids[0] ?? 0)).toEqual([[]]);
  });

  it("treat another Worker that acts for the user as a separate caller", async () => {
    const { one, sockets, wrote, http } = await start();
    sockets[0].watch("odd.whoami");
    const caller = createCaller<LiveRouter>(env.LIVE_DO).asUser({ userId: one.user.id });
    const results = watchQuery(caller.odd.whoami);
    expect((await results.next()).value).toEqual({ session: "none", notes: 0 });
    await sockets[0].settled();
    await one.sleep();
    await wrote(http.notes.create.mutate({ text: "one" }));
    expect((await results.next()).value).toEqual({ session: "none", notes: 1 });
    await results.return();
    // The carrier procedure itself, with ids.
    const events = (await caller._live({ path: "odd.whoami" }))[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ id: expect.any(String), data: { notes: 1 } });
    await events.return?.();
  });

  it("end the caller's loop with the query's error", async () => {
    const { one, http } = await start();
    const caller = createCaller<LiveRouter>(env.LIVE_DO).asUser({ userId: one.user.id });
    const delivered: string[] = [];
    const reads = async (): Promise<void> => {
      for await (const result of watchQuery(caller.odd.refused)) {
        delivered.push(result);
        await http.notes.create.mutate({ text: "one" });
      }
    };
    await expect(reads()).rejects.toMatchObject({ code: "CONFLICT", message: "There are notes." });
    expect(delivered).toEqual(["none"]);
    await expect(watchQuery(caller.notes.byId, { id: 1 as never }).next()).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });
});
