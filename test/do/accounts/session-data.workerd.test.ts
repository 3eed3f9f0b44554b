import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { codeOf } from "../../fixtures/error-code.js";
import { openBrowser, password, signUp } from "../../fixtures/browser.js";
import { openSocket } from "../../fixtures/socket.js";

const seen = new Date("2027-01-01T00:00:00.123Z");

describe("a session's data", () => {
  it("is nothing at first, then what was set, typed and with its defaults", async () => {
    const { data } = (await signUp()).client.sessions;
    expect(await data.get.query()).toBeNull();
    expect(await data.set.mutate({ seen })).toEqual({ cart: [], seen });
    expect(await data.get.query()).toEqual({ cart: [], seen });
    expect(await data.set.mutate({ cart: ["a"] })).toEqual({ cart: ["a"] });
    expect(await data.get.query()).toEqual({ cart: ["a"] });
  });

  it("a merge sets some fields and keeps the others, defaults too", async () => {
    const { data } = (await signUp()).client.sessions;
    await data.set.mutate({ cart: ["a"], step: 1 });
    expect(await data.merge.mutate({ step: 2, seen })).toEqual({ cart: ["a"], step: 2, seen });
    expect(await data.merge.mutate({ step: undefined })).toEqual({ cart: ["a"], step: 2, seen });
    expect(await data.merge.mutate({ cart: [] })).toEqual({ cart: [], step: 2, seen });
  });

  it("a merge begins with nothing, too", async () => {
    const { data } = (await signUp()).client.sessions;
    expect(await data.merge.mutate({ step: 1 })).toEqual({ cart: [], step: 1 });
  });

  it("of many merges at once, each counts", async () => {
    const { client, browser } = await signUp();
    const socket = await openSocket(browser);
    const inputs = Array.from({ length: 20 }, (_, index) => (index % 2 ? { step: index } : { cart: [`${index}`] }));
    for (const [id, input] of inputs.slice(0, 7).entries()) {
      socket.send({ id, method: "mutation", params: { path: "sessions.data.merge", input: { json: input } } });
    }
    await Promise.all(inputs.slice(7).map((input) => client.sessions.data.merge.mutate(input)));
    await socket.until(7);
    expect(await client.sessions.data.get.query()).toEqual({ cart: [expect.any(String)], step: expect.any(Number) });
    socket.socket.close();
  });

  it("clearing forgets it, and says whether there was any", async () => {
    const { data } = (await signUp()).client.sessions;
    expect(await data.clear.mutate()).toBe(false);
    await data.set.mutate({});
    expect(await data.clear.mutate()).toBe(true);
    expect(await data.get.query()).toBeNull();
  });

  it("belongs to one session: another of the same user has its own", async () => {
    const { client, email } = await signUp();
    const elsewhere = openBrowser().client();
    await elsewhere.auth.login.mutate({ email, password });
    await client.sessions.data.set.mutate({ step: 1 });
    expect(await elsewhere.sessions.data.get.query()).toBeNull();
  });

  it("dies with its session; an ended one is never made again", async () => {
    const { browser, client, user, session } = await signUp();
    const copy = openBrowser();
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    await client.sessions.data.set.mutate({ step: 1 });
    await client.auth.logout.mutate();
    const { data } = copy.client().sessions;
    expect(await codeOf(data.get.query())).toBe("UNAUTHORIZED");
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value);
    expect(await codeOf(data.merge.mutate({ step: 2 }))).toBe("UNAUTHORIZED");
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, state) => {
      expect(state.storage.sql.exec("SELECT id FROM _sessions WHERE id = ?", session.id).toArray()).toEqual([]);
    });
  });

  it("a call without a session has none", async () => {
    const { user } = await signUp();
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id });
    await expect(caller.sessions.data.set({ step: 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(caller.sessions.data.get()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it.each([
    ["a value of another type", { step: "one" }],
    ["a list", []],
    ["nothing", undefined],
  ])("refuses %s, and keeps what it has", async (_name, input) => {
    const { data } = (await signUp()).client.sessions;
    await data.set.mutate({ step: 7 });
    expect(await codeOf(data.set.mutate(input as never))).toBe("BAD_REQUEST");
    expect(await codeOf(data.merge.mutate((input ?? 7) as never))).toBe("BAD_REQUEST");
    expect(await data.get.query()).toEqual({ cart: [], step: 7 });
  });

  it("refuses more than a session holds", async () => {
    const { data } = (await signUp()).client.sessions;
    expect(await codeOf(data.set.mutate({ cart: ["é".repeat(40_000)] }))).toBe("PAYLOAD_TOO_LARGE");
    expect(await codeOf(data.set.mutate({ cart: ["\uD800"] }))).toBe("BAD_REQUEST");
    expect(await data.get.query()).toBeNull();
  });

  it("what another version of the app left is nothing", async () => {
    const { client, user } = await signUp();
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, state) => {
      state.storage.sql.exec(`UPDATE _sessions SET data = '{"cart":7}'`);
    });
    expect(await client.sessions.data.get.query()).toBeNull();
    expect(await client.sessions.data.merge.mutate({ step: 1 })).toEqual({ cart: [], step: 1 });
  });
});
