import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { createUserDO } from "trpc-userdo/do";
import { initUserDO } from "trpc-userdo/router";
import { describe, expect, it } from "vitest";
import { signUp } from "../fixtures/browser.js";
import { countMails } from "../fixtures/mail.js";

const t = initUserDO();

/** A class of an app that uses all of `this.ctx`. */
class ShopDO extends createUserDO(t.router({ ...t.builtin })) {
  readonly state = () => this.ctx;
  readonly remind = () => this.ctx.storage.setAlarm(Date.now() + 1_000);
}

/** Constructs the class on the state of an object, as the platform does. */
async function construct(use: (object: ShopDO, original: DurableObjectState) => unknown): Promise<void> {
  const stub = env.STOCK_DO.getByName(`user:${crypto.randomUUID().replaceAll("-", "")}`);
  await runInDurableObject(stub, async (_instance, state) => {
    await use(new ShopDO(state, env), state);
  });
}

const alarmUses: readonly (readonly [string, (state: DurableObjectState) => unknown])[] = [
  ["setAlarm", ({ storage }) => storage.setAlarm(Date.now() + 60_000)],
  ["setAlarm", ({ storage }) => storage.setAlarm(new Date(), { allowConcurrency: true })],
  ["deleteAlarm", ({ storage }) => storage.deleteAlarm()],
  ["setAlarm", ({ storage }) => storage.transaction((transaction) => transaction.setAlarm(Date.now()))],
  ["deleteAlarm", ({ storage }) => storage.transaction((transaction) => transaction.deleteAlarm())],
  ["setAlarm", ({ storage }) => storage.transactionSync(() => storage.setAlarm(Date.now()))],
  ["setAlarm", ({ storage: { setAlarm } }) => setAlarm(Date.now())],
];

describe("the storage of an object in the app's class", () => {
  it.each(alarmUses)("refuses %s and suggests the alternative (case %#)", async (name, use) => {
    await construct(async (object, original) => {
      await original.storage.setAlarm(Date.now() + 3_600_000);
      const before = await original.storage.getAlarm();
      await expect((async () => use(object.state()))()).rejects.toThrow(
        `${name}() of an object's storage cannot be called in the app's class. An object has one alarm, and the framework uses ` +
          "it for mail, schedules and data that expires. To run work at a certain time, schedule a procedure with " +
          "ctx.schedule, or with this.schedule in the class.",
      );
      expect(await original.storage.getAlarm()).toBe(before);
    });
  });

  it("refuses setAlarm in a field of the class", async () => {
    await construct((object) => {
      expect(() => object.remind()).toThrow("setAlarm() of an object's storage cannot be called");
    });
  });

  it("refuses deleteAll, and keeps the data", async () => {
    await construct((object, original) => {
      original.storage.sql.exec("CREATE TABLE own (text TEXT)");
      expect(() => object.state().storage.deleteAll()).toThrow(
        "deleteAll() of an object's storage cannot be called in the app's class. It would delete accounts and sessions without " +
          "ending them. Call account.delete or organizations.delete",
      );
      expect(original.storage.sql.exec("SELECT * FROM own").toArray()).toEqual([]);
    });
  });

  it("has all the other methods", async () => {
    await construct(async (object, original) => {
      const ctx = object.state();
      const { storage } = ctx;
      expect(ctx.storage).toBe(storage);
      storage.transactionSync(() => storage.sql.exec("CREATE TABLE own (text TEXT)"));
      storage.sql.exec("INSERT INTO own VALUES (?)", "stored");
      expect(original.storage.sql.exec("SELECT text FROM own").one()).toEqual({ text: "stored" });
      await storage.put({ one: 1, two: 2 });
      expect([...(await storage.list()).entries()]).toEqual([
        ["one", 1],
        ["two", 2],
      ]);
      await storage.transaction(async (transaction) => {
        await transaction.put("three", (await transaction.get<number>("one"))! + 2);
        await transaction.delete("two");
      });
      expect(await original.storage.get("three")).toBe(3);
      await expect(
        storage.transaction(async (transaction) => {
          await transaction.put("three", 4);
          throw new Error("undone");
        }),
      ).rejects.toThrow("undone");
      expect(await storage.get("three")).toBe(3);
      await storage.sync();
      expect(await storage.getAlarm()).toBe(await original.storage.getAlarm());
      expect(await ctx.blockConcurrencyWhile(() => Promise.resolve("done"))).toBe("done");
      ctx.waitUntil(Promise.resolve());
      expect(ctx.getWebSockets()).toEqual([]);
      expect(ctx.id.toString()).toBe(original.id.toString());
      expect(ctx.id.name).toBe(original.id.name);
      expect("storage" in ctx && "setAlarm" in storage).toBe(true);
      expect(Object.getPrototypeOf(storage)).toBe(Object.getPrototypeOf(original.storage));
    });
  });
});

describe("an alarm that was changed through the constructor's state", () => {
  const DAY = 86_400_000;

  it.each([
    ["setAlarm", (storage: DurableObjectStorage) => storage.setAlarm(Date.now() + 365 * DAY)],
    ["deleteAlarm", (storage: DurableObjectStorage) => storage.deleteAlarm()],
  ])("is set again by the next write after %s", async (_name, change) => {
    const { client, user, email } = await signUp();
    const object = env.BLOG_DO.getByName(`user:${user.id}`);
    await expect.poll(() => countMails(email, "verifyEmail")).toBe(1);
    await runInDurableObject(object, (_instance, { storage }) => change(storage));
    await client.kv.set.mutate({ key: "kept", value: 1, ttl: 3_600 });
    const at = await runInDurableObject(object, (_instance, { storage }) => storage.getAlarm());
    expect(at).not.toBeNull();
    expect(at).toBeLessThan(Date.now() + 2 * 3_600_000);
  });

  it("runs the framework's work, and sets its alarm again", async () => {
    const { client, user, email } = await signUp();
    const object = env.BLOG_DO.getByName(`user:${user.id}`);
    await expect.poll(() => countMails(email, "verifyEmail")).toBe(1);
    await client.kv.set.mutate({ key: "kept", value: 1, ttl: 3_600 });
    await runInDurableObject(object, (_instance, { storage }) => storage.setAlarm(Date.now() + DAY));
    expect(await runDurableObjectAlarm(object)).toBe(true);
    const at = await runInDurableObject(object, (_instance, { storage }) => storage.getAlarm());
    expect(at).toBeLessThan(Date.now() + 2 * 3_600_000);
  });
});
