import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { closeGate, outside } from "../../fixtures/app/keys.js";
import { errorOf, postKeyed, postRetry, readTable, resultOf, signUpToKeys, userObject } from "../../fixtures/keys.js";

const freshKey = (): string => crypto.randomUUID();
const unknown = { code: "CONFLICT", reason: "OUTCOME_UNKNOWN" };

describe("a mutation that a reset interrupts before its output is parsed", () => {
  it("has no result, because the output could remove something from it", async () => {
    const { browser, texts, user, reset } = await signUpToKeys();
    const key = freshKey();
    const open = closeGate(key);
    const first = postKeyed(browser, "entries.addSecretly", { text: key }, key);
    await expect.poll(texts).toEqual([key]);
    expect(await readTable(user.id, "_idempotency")).toMatchObject([{ key, state: "committed", reply: null }]);
    await reset();
    open();
    expect((await first).status).toBeGreaterThanOrEqual(500);
    expect(errorOf(await postKeyed(browser, "entries.addSecretly", { text: key }, key))).toEqual(unknown);
    expect(await texts()).toEqual([key]);
  });

  it("gets the parsed output, if nothing interrupts it", async () => {
    const { browser } = await signUpToKeys();
    const key = freshKey();
    const first = await postKeyed(browser, "entries.addSecretly", { text: key }, key);
    expect(resultOf(first)).toEqual({ text: key });
    expect(await postKeyed(browser, "entries.addSecretly", { text: key }, key)).toEqual(first);
  });
});

describe("an async mutation that a reset interrupts", () => {
  it("does not run again without ctx.commit", async () => {
    const { browser, texts, reset } = await signUpToKeys();
    const key = freshKey();
    const open = closeGate(key);
    const first = postKeyed(browser, "entries.addSlowly", { text: key }, key);
    await expect.poll(() => outside.runs.get(key)).toBe(1);
    await reset();
    open();
    expect((await first).status).toBeGreaterThanOrEqual(500);
    for (let repeat = 0; repeat < 2; repeat++)
      expect(errorOf(await postKeyed(browser, "entries.addSlowly", { text: key }, key))).toEqual(unknown);
    expect(outside.runs.get(key)).toBe(1);
    expect(await texts()).toEqual([`${key}, first`]);
  });

  it("does not run again after ctx.commit", async () => {
    const { browser, texts, reset } = await signUpToKeys();
    const key = freshKey();
    const open = closeGate(`${key}, after`);
    const first = postKeyed(browser, "entries.commit", { text: key }, key);
    await expect.poll(texts).toEqual([key]);
    await reset();
    open();
    expect((await first).status).toBeGreaterThanOrEqual(500);
    expect(errorOf(await postKeyed(browser, "entries.commit", { text: key }, key))).toEqual(unknown);
    expect(outside.runs.get(key)).toBe(1);
    expect(await texts()).toEqual([key]);
  });

  it("stores its effects and its key together", async () => {
    const { browser, texts, user } = await signUpToKeys();
    const key = freshKey();
    const open = closeGate(`${key}, after`);
    const first = postKeyed(browser, "entries.commit", { text: key }, key);
    await expect.poll(texts).toEqual([key]);
    expect(await readTable(user.id, "_idempotency")).toMatchObject([{ key, state: "committed" }]);
    open();
    const reply = await first;
    expect(await readTable(user.id, "_idempotency")).toMatchObject([{ key, state: "done" }]);
    expect(await postKeyed(browser, "entries.commit", { text: key }, key)).toEqual(reply);
  });

  it("does not get the result of a built-in mutation that it called", async () => {
    const { browser, texts, user, reset } = await signUpToKeys();
    const key = freshKey();
    const open = closeGate(key);
    const first = postKeyed(browser, "entries.rename", { text: key }, key);
    await expect.poll(() => readTable(user.id, "_idempotency")).toMatchObject([{ key, state: "running", reply: null }]);
    await reset();
    open();
    expect((await first).status).toBeGreaterThanOrEqual(500);
    expect(errorOf(await postKeyed(browser, "entries.rename", { text: key }, key))).toEqual(unknown);
    expect(await texts()).toEqual([]);
  });

  it("runs again if it is repeatable, and its calls to other owners have one effect", async () => {
    const [ada, ben] = [await signUpToKeys(), await signUpToKeys()];
    const key = freshKey();
    const input = { text: key, to: ben.user.id };
    const open = closeGate(key);
    const first = postKeyed(ada.browser, "chain.send", input, key);
    await expect.poll(ben.texts).toEqual([key, key]);
    await ada.reset();
    await ben.evict();
    open();
    expect((await first).status).toBeGreaterThanOrEqual(500);
    const second = await postKeyed(ada.browser, "chain.send", input, key);
    expect(second.status).toBe(200);
    expect(await postKeyed(ada.browser, "chain.send", input, key)).toEqual(second);
    const received = await ben.client.entries.list.query();
    expect(received.map(({ from }) => from)).toEqual([ada.user.id, ada.user.id]);
    expect(resultOf(second)).toMatchObject({ sent: received.map(({ id }) => id) });
    expect(await ada.texts()).toEqual([key]);
  });

  it("is not known if its client left while a repeat waited", async () => {
    const { browser } = await signUpToKeys();
    const key = freshKey();
    const controller = new AbortController();
    const path = "/keys/entries.waitForClient";
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify({ json: { text: key } }),
      signal: controller.signal,
    };
    const first = browser.fetch(path, init).catch(() => undefined);
    await expect.poll(() => outside.runs.get(key)).toBe(1);
    const second = postKeyed(browser, "entries.waitForClient", { text: key }, key);
    controller.abort();
    await first;
    expect(errorOf(await second)).toEqual(unknown);
  });
});

describe("the key that a mutation hands on", () => {
  it("is the same for its repeats, and another for other callers, paths and keys", async () => {
    const [ada, ben] = [await signUpToKeys(), await signUpToKeys()];
    const handedOn = async ({ browser }: typeof ada, key?: string, text = "a") =>
      resultOf(await postKeyed(browser, "entries.handedOnKey", { text }, key));
    const key = await handedOn(ada, "k1");
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(await handedOn(ada, "k1")).toBe(key);
    expect(await handedOn(ada, "k2")).not.toBe(key);
    expect(await handedOn(ben, "k1")).not.toBe(key);
    expect(await handedOn(ada)).toBeUndefined();
  });

  it("gives calls of a mutation that runs in the Worker one effect", async () => {
    const [ada, ben] = [await signUpToKeys(), await signUpToKeys()];
    const input = { text: "from the Worker", to: ben.user.id };
    const first = await postKeyed(ada.browser, "chain.sendFromWorker", input, "k");
    expect(first.status).toBe(200);
    expect(await postKeyed(ada.browser, "chain.sendFromWorker", input, "k")).toEqual(first);
    // Another caller with the same key and the same input has effects of their own.
    await postKeyed(ben.browser, "chain.sendFromWorker", input, "k");
    expect(await ben.texts()).toHaveLength(2);
  });
});

describe("a mutation that a client sends again", () => {
  it("gets the stored reply of its object", async () => {
    const { browser, texts } = await signUpToKeys();
    const first = await postKeyed(browser, "entries.add", { text: "one" }, "k");
    expect(await postRetry(browser, "entries.add", { text: "one" }, "k")).toEqual(first);
    expect(await texts()).toEqual(["one"]);
  });

  it("runs if the first attempt did not arrive", async () => {
    const { browser, texts } = await signUpToKeys();
    expect((await postRetry(browser, "entries.add", { text: "one" }, "k")).status).toBe(200);
    expect(await texts()).toEqual(["one"]);
  });

  it("does not run again in the Worker, unless it is repeatable", async () => {
    const [ada, ben] = [await signUpToKeys(), await signUpToKeys()];
    const input = { text: "from the Worker", to: ben.user.id };
    await postKeyed(ada.browser, "chain.sendFromWorker", input, "k");
    expect(errorOf(await postRetry(ada.browser, "chain.sendFromWorker", input, "k"))).toEqual({
      code: "CONFLICT",
      reason: "NOT_REPEATABLE",
    });
    const first = await postKeyed(ada.browser, "chain.sendAgainFromWorker", input, "k");
    expect(await postRetry(ada.browser, "chain.sendAgainFromWorker", input, "k")).toEqual(first);
    expect(await ben.texts()).toHaveLength(2);
  });
});

describe("stored keys", () => {
  const day = 24 * 60 * 60_000;

  /** Makes all stored keys older, and the alarm due. */
  const age = (userId: string, ms: number) =>
    runInDurableObject(userObject(userId), async (_instance, { storage }) => {
      storage.sql.exec("UPDATE _idempotency SET created_at = created_at - ?", ms);
      storage.sql.exec("UPDATE _idempotency_prune SET due = due - ?", ms);
      await storage.setAlarm(Date.now() + 60_000);
    });

  it("are pruned by the alarm after a day", async () => {
    const { browser, user, texts } = await signUpToKeys();
    await postKeyed(browser, "entries.add", { text: "old" }, "old");
    const alarm = await runInDurableObject(userObject(user.id), (_instance, { storage }) => storage.getAlarm());
    expect(alarm).not.toBeNull();
    await age(user.id, 2 * day);
    await postKeyed(browser, "entries.add", { text: "new" }, "new");
    await runDurableObjectAlarm(userObject(user.id));
    expect((await readTable(user.id, "_idempotency")).map(({ key }) => key)).toEqual(["new"]);
    const [due] = await readTable(user.id, "_idempotency_prune");
    expect(Number(due?.["due"])).toBeGreaterThan(Date.now());
    await age(user.id, 2 * day);
    await runDurableObjectAlarm(userObject(user.id));
    expect(await readTable(user.id, "_idempotency")).toEqual([]);
    expect(await readTable(user.id, "_idempotency_prune")).toEqual([]);
    await postKeyed(browser, "entries.add", { text: "old" }, "old");
    expect(await texts()).toEqual(["old", "new", "old"]);
  });

  it("are kept for a day", async () => {
    const { browser, user } = await signUpToKeys();
    const first = await postKeyed(browser, "entries.add", { text: "kept" }, "k");
    await age(user.id, day - 60_000);
    await runDurableObjectAlarm(userObject(user.id));
    expect(await postKeyed(browser, "entries.add", { text: "kept" }, "k")).toEqual(first);
  });

  /** Inserts keys of callers, each newer than the one before, and makes the alarm due. */
  const insert = (userId: string, count: number, callerOf: string, bytes = 300) =>
    runInDurableObject(userObject(userId), (_instance, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
         INSERT INTO _idempotency (caller, session, key, created_at, bytes, path, input, state)
         SELECT ${callerOf}, '', n, ? + n, ?, 'p', 'i', 'done' FROM numbers`,
        count,
        Date.now(),
        bytes,
      );
      storage.sql.exec("UPDATE _idempotency_prune SET due = 0");
    });

  it("are limited in number, and a caller with many does not displace those of others", async () => {
    const { browser, user } = await signUpToKeys();
    await postKeyed(browser, "entries.add", { text: "mine" }, "mine");
    await insert(user.id, 12_000, "'flooder'");
    await runDurableObjectAlarm(userObject(user.id));
    const rows = await readTable(user.id, "_idempotency");
    const flooded = rows.filter(({ caller }) => caller === "flooder");
    expect(flooded).toHaveLength(7_999);
    expect(Math.min(...flooded.map(({ key }) => Number(key)))).toBe(4_002);
    expect(rows.some(({ key }) => key === "mine")).toBe(true);
  });

  it("are limited in bytes, and a caller with long replies does not displace those of others", async () => {
    const { browser, user } = await signUpToKeys();
    await postKeyed(browser, "entries.add", { text: "mine" }, "mine");
    await insert(user.id, 200, "'flooder'", 65_536);
    await insert(user.id, 1_000, "'other'", 300);
    await runDurableObjectAlarm(userObject(user.id));
    const rows = await readTable(user.id, "_idempotency");
    expect(rows.filter(({ caller }) => caller === "other")).toHaveLength(1_000);
    expect(rows.filter(({ caller }) => caller === "flooder").length).toBeGreaterThan(90);
    expect(rows.reduce((sum, { bytes }) => sum + Number(bytes), 0)).toBeLessThan(8 * 1_048_576 * 0.8);
  });

  it("are kept for the newest callers if there are more callers than keys may be kept", async () => {
    const { browser, user } = await signUpToKeys();
    await postKeyed(browser, "entries.add", { text: "mine" }, "mine");
    await insert(user.id, 12_000, "'caller ' || n");
    await runDurableObjectAlarm(userObject(user.id));
    const rows = await readTable(user.id, "_idempotency");
    expect(rows).toHaveLength(8_000);
    expect(Math.min(...rows.map(({ key }) => Number(key)))).toBe(4_001);
  });

  it.each(["add", "commit"])("are measured while they are added: %s", async (name) => {
    const { browser, user } = await signUpToKeys();
    await postKeyed(browser, "entries.add", { text: "first" }, "first");
    await runInDurableObject(userObject(user.id), (_instance, { storage }) =>
      storage.sql.exec("UPDATE _idempotency SET bytes = 100000000").toArray(),
    );
    // A reply of 60 kB, as often as fits into the bytes between two measurements.
    for (let count = 0; count < 20; count++)
      await postKeyed(browser, `entries.${name}`, { text: "x".repeat(60_000) }, `${count}`);
    await expect
      .poll(async () => (await readTable(user.id, "_idempotency")).map(({ key }) => key))
      .not.toContain("first");
  });
});
