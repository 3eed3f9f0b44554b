import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createCaller, errorReason } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { codeOf } from "../../fixtures/error-code.js";
import { openBrowser, password, signUp } from "../../fixtures/browser.js";
import { openSocket } from "../../fixtures/socket.js";

const seen = new Date("2027-01-01T00:00:00.123Z");

describe("a session's data", () => {
  it("is null at first, then the stored value, typed and with its defaults", async () => {
    const { data } = (await signUp()).client.sessions;
    expect(await data.get.query()).toBeNull();
    expect(await data.set.mutate({ seen })).toEqual({ cart: [], seen });
    expect(await data.get.query()).toEqual({ cart: [], seen });
    expect(await data.set.mutate({ cart: ["a"] })).toEqual({ cart: ["a"] });
    expect(await data.get.query()).toEqual({ cart: ["a"] });
  });

  it("merges some fields and keeps the others, defaults included", async () => {
    const { data } = (await signUp()).client.sessions;
    await data.set.mutate({ cart: ["a"], step: 1 });
    expect(await data.merge.mutate({ step: 2, seen })).toEqual({ cart: ["a"], step: 2, seen });
    expect(await data.merge.mutate({ step: undefined })).toEqual({ cart: ["a"], step: 2, seen });
    expect(await data.merge.mutate({ cart: [] })).toEqual({ cart: [], step: 2, seen });
  });

  it("can be merged into before anything is stored", async () => {
    const { data } = (await signUp()).client.sessions;
    expect(await data.merge.mutate({ step: 1 })).toEqual({ cart: [], step: 1 });
  });

  it("applies each of many concurrent merges", async () => {
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

  it("is deleted by clear, which returns whether there was any", async () => {
    const { data } = (await signUp()).client.sessions;
    expect(await data.clear.mutate()).toBe(false);
    await data.set.mutate({});
    expect(await data.clear.mutate()).toBe(true);
    expect(await data.get.query()).toBeNull();
  });

  it("belongs to one session and not to others of the same user", async () => {
    const { client, email } = await signUp();
    const elsewhere = openBrowser().client();
    await elsewhere.auth.login.mutate({ email, password });
    await client.sessions.data.set.mutate({ step: 1 });
    expect(await elsewhere.sessions.data.get.query()).toBeNull();
  });

  it("is deleted with its session and never created for an ended one", async () => {
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

  it("cannot be used by a call without a session", async () => {
    const { user } = await signUp();
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id });
    await expect(caller.sessions.data.set({ step: 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(caller.sessions.data.get()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it.each([
    ["a value of another type", { step: "one" }],
    ["a list", []],
    ["nothing", undefined],
  ])("refuses %s and keeps the stored data", async (_name, input) => {
    const { data } = (await signUp()).client.sessions;
    await data.set.mutate({ step: 7 });
    expect(await codeOf(data.set.mutate(input as never))).toBe("BAD_REQUEST");
    expect(await codeOf(data.merge.mutate((input ?? 7) as never))).toBe("BAD_REQUEST");
    expect(await data.get.query()).toEqual({ cart: [], step: 7 });
  });

  it("gives merged data that does not match the schema a reason", async () => {
    const { data } = (await signUp()).client.sessions;
    const reason = data.merge.mutate({ step: "one" } as never).then(() => undefined, errorReason);
    expect(await reason).toBe("SESSION_DATA_INVALID");
  });

  it("refuses data above the size limit", async () => {
    const { data } = (await signUp()).client.sessions;
    expect(await codeOf(data.set.mutate({ cart: ["é".repeat(40_000)] }))).toBe("PAYLOAD_TOO_LARGE");
    expect(await codeOf(data.set.mutate({ cart: ["\uD800"] }))).toBe("BAD_REQUEST");
    expect(await data.get.query()).toBeNull();
  });

  it("is null when another version of the app stored it", async () => {
    const { client, user } = await signUp();
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, state) => {
      state.storage.sql.exec(`UPDATE _sessions SET data = '{"cart":7}'`);
    });
    expect(await client.sessions.data.get.query()).toBeNull();
    expect(await client.sessions.data.merge.mutate({ step: 1 })).toEqual({ cart: [], step: 1 });
  });
});
