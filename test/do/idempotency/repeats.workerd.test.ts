import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { closeGate, outside, type KeysRouter } from "../../fixtures/app/keys.js";
import { openBrowser, password } from "../../fixtures/browser.js";
import {
  errorOf,
  message,
  postBatch,
  postKeyed,
  readTable,
  resultOf,
  signUpToKeys,
  userObject,
} from "../../fixtures/keys.js";

const freshKey = (): string => crypto.randomUUID();

describe("a repeated mutation", () => {
  it("has one effect, and gets the same reply over HTTP", async () => {
    const { browser, texts } = await signUpToKeys();
    const key = freshKey();
    const first = await postKeyed(browser, "entries.add", { text: "once" }, key);
    const second = await postKeyed(browser, "entries.add", { text: "once" }, key);
    expect(first.status).toBe(200);
    expect(second).toEqual(first);
    expect(await texts()).toEqual(["once"]);
  });

  it("runs again without a key", async () => {
    const { browser, texts, user } = await signUpToKeys();
    for (let count = 0; count < 2; count++) await postKeyed(browser, "entries.add", { text: "twice" });
    expect(await texts()).toEqual(["twice", "twice"]);
    expect(await readTable(user.id, "_idempotency")).toEqual([]);
  });

  it("has one effect in batches, over sockets and HTTP, whichever came first", async () => {
    const { browser, texts, openSocket } = await signUpToKeys();
    const call = { path: "entries.add", input: { text: "everywhere" }, key: freshKey() };
    const socket = await openSocket();
    socket.send(message(1, call.path, call.input, call.key));
    await socket.until(1);
    socket.send(message(1, call.path, call.input, call.key));
    await socket.until(2);
    expect(socket.texts[1]).toBe(socket.texts[0]);
    const single = await postKeyed(browser, call.path, call.input, call.key);
    const batch = await postBatch(browser, [call, call]);
    expect(batch.text).toBe(`[${single.text},${single.text}]`);
    expect(socket.frames[0]?.result?.data).toEqual(
      (JSON.parse(single.text) as { result: { data: unknown } }).result.data,
    );
    expect(await texts()).toEqual(["everywhere"]);
    socket.socket.close();
  });

  it("gets the same reply while another call writes, also if no socket was open for the first", async () => {
    const { browser, openSocket } = await signUpToKeys();
    const call = { path: "entries.addSlowly", input: { text: freshKey() }, key: freshKey() };
    const openGate = closeGate(call.input.text);
    const first = postKeyed(browser, call.path, call.input, call.key);
    await expect.poll(() => outside.runs.get(call.input.text)).toBe(1);
    const { socket } = await openSocket();
    const second = postKeyed(browser, call.path, call.input, call.key);
    await postKeyed(browser, "entries.add", { text: "other" });
    openGate();
    expect(await second).toEqual(await first);
    socket.close();
  });

  it("has one effect through a server-side caller, which derives a key for each call", async () => {
    const { user, texts } = await signUpToKeys();
    const idempotencyKey = freshKey();
    const run = async (): Promise<unknown[]> => {
      const caller = createCaller<KeysRouter>(env.KEYS_DO, { idempotencyKey }).asUser({ userId: user.id });
      const twice = [await caller.entries.add({ text: "one" }), await caller.entries.add({ text: "one" })];
      return [...twice, await caller.entries.add({ text: "two" }), await caller.entries.addRich({ text: "rich" })];
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(await texts()).toEqual(["one", "one", "two", "rich"]);
    expect((first[3] as { at: unknown }).at).toBeInstanceOf(Date);
  });

  it.each(["addRich", "addWrapped", "addParsed"])("gets the bytes of the first reply from %s", async (name) => {
    const { browser, texts, openSocket } = await signUpToKeys();
    const key = freshKey();
    const first = await postKeyed(browser, `entries.${name}`, { text: name }, key);
    expect(first.status).toBe(200);
    expect(await postKeyed(browser, `entries.${name}`, { text: name }, key)).toEqual(first);
    const socket = await openSocket();
    socket.send(message(1, `entries.${name}`, { text: name }, key));
    await socket.until(1);
    expect(socket.texts[0]).toBe(`{"id":1,"result":{"type":"data",${first.text.slice('{"result":{'.length)}`);
    socket.socket.close();
    if (name === "addWrapped") expect(resultOf(first)).toMatchObject({ wrapped: true });
    if (name === "addParsed") expect(resultOf(first)).toEqual({ text: "ADDPARSED" });
    expect(await texts()).toEqual([name]);
  });

  it("survives an eviction between the call and its repeat", async () => {
    const { browser, texts, evict } = await signUpToKeys();
    const key = freshKey();
    const first = await postKeyed(browser, "entries.add", { text: "kept" }, key);
    await evict();
    expect(await postKeyed(browser, "entries.add", { text: "kept" }, key)).toEqual(first);
    expect(await texts()).toEqual(["kept"]);
  });

  it("has one effect in an organization", async () => {
    const { browser, client } = await signUpToKeys();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Ours" });
    const key = freshKey();
    const input = { organizationId, text: "shared" };
    const first = await postKeyed(browser, "shared.add", input, key);
    await evictDurableObject(env.KEYS_DO.getByName(`organization:${organizationId}`));
    expect(await postKeyed(browser, "shared.add", input, key)).toEqual(first);
    expect(await client.shared.list.query({ organizationId })).toHaveLength(1);
  });
});

describe("repeats at the same time", () => {
  it.each(["add", "addSlowly", "commit", "addRich"])(
    "have one effect and equal replies over HTTP: %s",
    async (name) => {
      const { browser, texts, evict } = await signUpToKeys();
      await evict();
      const key = freshKey();
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => postKeyed(browser, `entries.${name}`, { text: "at once" }, key)),
      );
      expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
      expect(replies[0]?.status).toBe(200);
      expect(await texts()).toEqual(name === "addSlowly" ? ["at once, first", "at once, second"] : ["at once"]);
    },
  );

  it("have one effect and equal replies over sockets", async () => {
    const { texts, openSocket } = await signUpToKeys();
    const key = freshKey();
    const sockets = await Promise.all(Array.from({ length: 20 }, openSocket));
    for (const socket of sockets) socket.send(message(1, "entries.add", { text: "at once" }, key));
    for (const socket of sockets) await socket.until(1);
    expect(new Set(sockets.map((socket) => socket.texts[0])).size).toBe(1);
    expect(await texts()).toEqual(["at once"]);
    for (const { socket } of sockets) socket.close();
  });

  it("have one effect and equal results through callers", async () => {
    const { user, texts } = await signUpToKeys();
    const idempotencyKey = freshKey();
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        createCaller<KeysRouter>(env.KEYS_DO, { idempotencyKey })
          .asUser({ userId: user.id })
          .entries.addSlowly({ text: "at once" }),
      ),
    );
    for (const result of results) expect(result).toEqual(results[0]);
    expect(await texts()).toEqual(["at once, first", "at once, second"]);
  });

  it("succeed when the first deletes the organization", async () => {
    const { browser, client } = await signUpToKeys();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Ours" });
    const call = { path: "organizations.delete", input: { organizationId }, key: freshKey() };
    const { status, text } = await postBatch(browser, [call, call, call]);
    expect(status, text).toBe(200);
    const replies = JSON.parse(text) as unknown[];
    expect(replies).toEqual([replies[0], replies[0], replies[0]]);
    expect(await client.organizations.list.query()).toEqual([]);
  });

  it("get the same error, if the first fails", async () => {
    const { browser, texts } = await signUpToKeys();
    const key = freshKey();
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => postKeyed(browser, "entries.failSlowly", { text: key }, key)),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(errorOf(replies[0]!)).toEqual({ code: "BAD_REQUEST" });
    expect(outside.runs.get(key)).toBe(1);
    expect(await texts()).toEqual([]);
  });
});

describe("a key", () => {
  it("is refused for another input or path", async () => {
    const { browser, texts } = await signUpToKeys();
    const key = freshKey();
    await postKeyed(browser, "entries.add", { text: "one" }, key);
    const reused = { code: "CONFLICT", reason: "IDEMPOTENCY_KEY_REUSED" };
    expect(errorOf(await postKeyed(browser, "entries.add", { text: "two" }, key))).toEqual(reused);
    expect(errorOf(await postKeyed(browser, "entries.addAgain", { text: "one" }, key))).toEqual(reused);
    expect(await texts()).toEqual(["one"]);
  });

  it("is refused for another input while the first call runs", async () => {
    const { browser } = await signUpToKeys();
    const key = freshKey();
    const [first, second] = await Promise.all([
      postKeyed(browser, "entries.addSlowly", { text: "one" }, key),
      postKeyed(browser, "entries.addSlowly", { text: "two" }, key),
    ]);
    expect(new Set([first.status, second.status])).toEqual(new Set([200, 409]));
  });

  it("does not depend on the order of the input's properties", async () => {
    const { browser, user } = await signUpToKeys();
    const key = freshKey();
    const first = await postKeyed(browser, "inbox.receive", { text: "a", from: "b" }, key);
    expect(await postKeyed(browser, "inbox.receive", { from: "b", text: "a" }, key)).toEqual(first);
    const rows = await readTable(user.id, "_idempotency");
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain('"from":"b","text"');
  });

  it("of another user or session is another key", async () => {
    const ada = await signUpToKeys();
    const ben = await signUpToKeys();
    const key = freshKey();
    const first = await postKeyed(ada.browser, "entries.add", { text: "Ada's" }, key);
    const other = await postKeyed(ben.browser, "entries.add", { text: "Ada's" }, key);
    expect(other.text).not.toBe(first.text);
    expect(await ben.texts()).toEqual(["Ada's"]);
    const phone = openBrowser();
    await phone.client("http", "/keys").auth.login.mutate({ email: ada.email, password });
    const second = await postKeyed(phone, "entries.add", { text: "Ada's" }, key);
    expect(second.status).toBe(200);
    expect(second.text).not.toBe(first.text);
    expect(await ada.texts()).toHaveLength(2);
    // The app itself does not see the replies of a session either.
    const rows = await readTable(ada.user.id, "_idempotency");
    expect(new Set(rows.map(({ session }) => session)).size).toBe(2);
  });

  it("of a member in an organization is not the key of another member", async () => {
    const ada = await signUpToKeys();
    const { id: organizationId } = await ada.client.organizations.create.mutate({ name: "Ours" });
    const system = createCaller<KeysRouter>(env.KEYS_DO, { idempotencyKey: "k" }).asSystem();
    await system.organizations.update({ organizationId, name: "Theirs" });
    const input = { organizationId, text: "hers" };
    const first = await postKeyed(ada.browser, "shared.add", input, "k");
    expect(resultOf(first)).toMatchObject({ from: ada.user.id });
    const stranger = await signUpToKeys();
    expect(errorOf(await postKeyed(stranger.browser, "shared.add", input, "k"))).toMatchObject({ code: "FORBIDDEN" });
  });

  it("needs the session that made the call", async () => {
    const { browser, client } = await signUpToKeys();
    const key = freshKey();
    await postKeyed(browser, "entries.add", { text: "one" }, key);
    const cookies = new Map(browser.cookies);
    await client.auth.logout.mutate();
    const thief = openBrowser();
    for (const [name, value] of cookies) thief.cookies.set(name, value);
    const reply = await postKeyed(thief, "entries.add", { text: "one" }, key);
    expect(errorOf(reply)).toMatchObject({ code: "UNAUTHORIZED" });
    expect(reply.text).not.toContain("one");
  });

  it.each([
    ["an empty text", ""],
    ["256 characters", "k".repeat(256)],
    ["a space", "a b"],
    ["a letter that is not ASCII", "schlüssel"],
    ["a number", 5],
    ["an object", {}],
    ["null", null],
  ])("is refused if it is %s", async (_name, key) => {
    const { browser, openSocket, texts } = await signUpToKeys();
    const invalid = { code: "BAD_REQUEST", reason: "IDEMPOTENCY_KEY_INVALID" };
    const [reply] = JSON.parse(
      (await postBatch(browser, [{ path: "entries.add", input: { text: "no" }, key: key as string }])).text,
    ) as { error: { json: { data: object } } }[];
    expect(reply?.error.json.data).toMatchObject(invalid);
    const socket = await openSocket();
    socket.send(message(1, "entries.add", { text: "no" }, key as string));
    await socket.until(1);
    expect(errorOf(socket.frames[0]!)).toEqual(invalid);
    socket.socket.close();
    expect(await texts()).toEqual([]);
  });

  it("is refused in a header if it is not valid, and for a batch", async () => {
    const { browser, texts } = await signUpToKeys();
    const invalid = { code: "BAD_REQUEST", reason: "IDEMPOTENCY_KEY_INVALID" };
    expect(errorOf(await postKeyed(browser, "entries.add", { text: "no" }, "a b"))).toEqual(invalid);
    const call = { path: "entries.add", input: { text: "no" } };
    expect(errorOf(await postBatch(browser, [call], { "Idempotency-Key": freshKey() }))).toEqual(invalid);
    expect(() => createCaller(env.KEYS_DO, { idempotencyKey: "a b" })).toThrow("1 to 255 visible ASCII characters");
    expect(await texts()).toEqual([]);
  });

  it("is refused beside the input of a query or a subscription, and ignored in the header of a query", async () => {
    const { browser, openSocket } = await signUpToKeys();
    const invalid = { code: "BAD_REQUEST", reason: "IDEMPOTENCY_KEY_INVALID" };
    const query = encodeURIComponent(JSON.stringify({ json: null, idempotencyKey: "k" }));
    const response = await browser.fetch(`/keys/entries.list?input=${query}`);
    expect(errorOf({ status: response.status, text: await response.text() })).toEqual(invalid);
    const socket = await openSocket();
    const params = { path: "entries.list", input: { idempotencyKey: "k" } };
    socket.send({ id: 1, method: "query", params });
    socket.send({ id: 2, method: "subscription", params: { path: "_live", input: { idempotencyKey: "k" } } });
    await socket.until(2);
    expect(socket.frames.map(errorOf)).toEqual([invalid, invalid]);
    socket.socket.close();
    const ignored = await browser.fetch("/keys/entries.list", { headers: { "Idempotency-Key": "k" } });
    expect(ignored.status).toBe(200);
  });

  it("does not need an input", async () => {
    const { browser } = await signUpToKeys();
    const calls = [{ path: "sessions.revokeOthers", key: "k" }];
    const body = JSON.stringify({ 0: { idempotencyKey: calls[0]!.key } });
    const send = async () => {
      const headers = { "content-type": "application/json" };
      const response = await browser.fetch("/keys/sessions.revokeOthers?batch=1", { method: "POST", headers, body });
      return response.text();
    };
    const first = await send();
    expect(first).toContain("result");
    expect(await send()).toBe(first);
  });
});

describe("a result that is not kept", () => {
  it.each(["addLong", "stream"])("is reported to a repeat: %s", async (name) => {
    const { browser, texts } = await signUpToKeys();
    const key = freshKey();
    const headers = { "trpc-accept": "application/jsonl" };
    const call = { path: `entries.${name}`, input: { text: name }, key };
    await postBatch(browser, [call], name === "stream" ? headers : {});
    const again = await postKeyed(browser, call.path, call.input, key);
    expect(errorOf(again)).toEqual({ code: "CONFLICT", reason: "RESULT_NOT_KEPT" });
    expect(await texts()).toEqual([name]);
  });
});

describe("a mutation that fails", () => {
  it("runs again if its transaction was rolled back", async () => {
    const { browser, texts, user } = await signUpToKeys();
    const key = freshKey();
    for (const run of [1, 2]) {
      const { text } = await postKeyed(browser, "entries.addThenFail", { text: key }, key);
      expect(text).toContain(`Run ${run} failed.`);
    }
    expect(await texts()).toEqual([]);
    expect(await readTable(user.id, "_idempotency")).toEqual([]);
  });

  it.each(["addThenFailLater", "commitThenFail"])("gets its error again if it had effects: %s", async (name) => {
    const { browser, texts, evict } = await signUpToKeys();
    const key = freshKey();
    const first = await postKeyed(browser, `entries.${name}`, { text: key }, key);
    expect(errorOf(first)).toEqual({ code: "CONFLICT" });
    await evict();
    expect(await postKeyed(browser, `entries.${name}`, { text: key }, key)).toEqual(first);
    expect(await texts()).toEqual([key]);
  });

  it("gets its error again if it waited for something", async () => {
    const { browser } = await signUpToKeys();
    const key = freshKey();
    const first = await postKeyed(browser, "entries.failSlowly", { text: key }, key);
    expect(await postKeyed(browser, "entries.failSlowly", { text: key }, key)).toEqual(first);
    expect(outside.runs.get(key)).toBe(1);
  });
});

describe("the object of a user that was never created", () => {
  it("stores no key", async () => {
    const userId = crypto.randomUUID().replaceAll("-", "").slice(0, 22);
    const caller = createCaller<KeysRouter>(env.KEYS_DO, { idempotencyKey: "k" }).asUser({ userId });
    await expect(caller.entries.add({ text: "no" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const tables = await runInDurableObject(userObject(userId), (_instance, { storage }) =>
      storage.sql
        .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'")
        .toArray(),
    );
    expect(tables).toEqual([]);
  });
});
