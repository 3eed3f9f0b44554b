import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createCaller } from "trpc-userdo/worker";
import type { AppRouter } from "../../fixtures/app/router.js";
import { openBrowser, signUp } from "../../fixtures/browser.js";
import { openTransports } from "../../fixtures/user-transports.js";
import { codeOfError } from "../../fixtures/transports.js";
import { codeOf } from "../../fixtures/error-code.js";
import { badKeys, oddKeys, values } from "./keys-and-values.js";

const object = (userId: string) => env.BLOG_DO.getByName(`user:${userId}`);
const count = (userId: string, table: string) =>
  runInDurableObject(object(userId), (_instance, { storage }) =>
    Number(storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one()["n"]),
  );

/** The same kv procedures over each transport. */
async function openKvTransports() {
  const { client, user, transports } = await openTransports();
  return {
    client,
    user,
    transports: transports.map(({ name, query, mutate }) => ({
      name,
      get: (key: string) => query("kv.get", { key }),
      set: (key: string, value: unknown) => mutate("kv.set", { key, value }),
      code: codeOfError,
    })),
  };
}

describe("the keys and tables of one user", () => {
  it("can be read by that user alone", async () => {
    const [one, other] = [await signUp(), await signUp()];
    await one.client.kv.set.mutate({ key: "secret", value: "hunter2" });
    expect(await one.client.kv.get.query({ key: "secret" })).toBe("hunter2");
    expect(await other.client.kv.get.query({ key: "secret" })).toBeNull();
    expect(await other.client.kv.list.query()).toEqual({ items: [], nextCursor: null });
    expect(await codeOf(openBrowser().client().kv.get.query({ key: "secret" }))).toBe("UNAUTHORIZED");
    const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
    await expect(system.kv.get({ key: "secret" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  it("are not stored for a user who does not exist", async () => {
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: crypto.randomUUID().replaceAll("-", "") });
    await expect(caller.kv.set({ key: "a", value: 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("are validated by every procedure against a declared schema, with zod's issues", async () => {
    const { client } = await signUp();
    const { preferences, visits } = client.kv;
    const since = new Date(5);
    const { version } = await preferences.set.mutate({ value: { theme: "dark", since } });
    expect(await preferences.get.query()).toEqual({ theme: "dark", since });
    expect(await client.kv.get.query({ key: "preferences" })).toEqual({ theme: "dark", since });
    expect(await preferences.getEntry.query()).toMatchObject({ key: "preferences", version });
    const pink = { theme: "pink" } as unknown as { theme: "dark" };
    await expect(preferences.set.mutate({ value: pink })).rejects.toThrow(
      /"preferences" does not accept this value\. theme: /,
    );
    expect(await codeOf(client.kv.set.mutate({ key: "preferences", value: pink }))).toBe("BAD_REQUEST");
    expect(await codeOf(client.kv.increment.mutate({ key: "preferences" }))).toBe("BAD_REQUEST");
    expect(await visits.increment.mutate({ by: 999 })).toBe(999);
    expect(await visits.increment.mutate()).toBe(1_000);
    expect(await codeOf(visits.increment.mutate())).toBe("BAD_REQUEST");
    expect(await codeOf(preferences.delete.mutate({ ifVersion: version + 1 }))).toBe("CONFLICT");
    expect(await preferences.delete.mutate()).toBe(true);
    expect(await preferences.delete.mutate()).toBe(false);
    expect(await preferences.get.query()).toBeNull();
  });

  it("are typed in the app's own class", async () => {
    const { client, user } = await signUp();
    expect(await object(user.id).setTheme("dark")).toBe("dark");
    expect(await client.kv.preferences.get.query()).toEqual({ theme: "dark" });
  });

  it("are available to Kysely in the app's own class", async () => {
    const { client, user } = await signUp();
    for (const title of ["b", "a"]) await client.posts.create.mutate({ title, body: "" });
    await client.posts.create.mutate({ title: "c", body: "", done: true });
    expect(await object(user.id).titles()).toEqual(["a", "b"]);
  });

  it("are delivered to another Worker that watches, and are part of an export", async () => {
    const { client, user } = await signUp();
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id });
    const watched = (await caller.kv.watch({ key: "a" }))[Symbol.asyncIterator]();
    // A stream opens at its first read.
    const first = watched.next();
    await client.kv.set.mutate({ key: "b", value: 1 });
    for (let received = false; !received;) {
      await client.kv.set.mutate({ key: "a", value: new Set([1]) });
      received = await Promise.race([first.then(() => true), scheduler.wait(50).then(() => false)]);
    }
    const { value: event } = await first;
    expect(event).toMatchObject({ data: { type: "set", key: "a", value: new Set([1]) } });
    await watched.return?.();

    const keys: unknown[] = [];
    for await (const record of await caller.account.export()) if (record.type === "key") keys.push(record.data);
    expect(keys).toMatchObject([
      { key: "a", value: new Set([1]) },
      { key: "b", value: 1 },
    ]);
  });

  it("are listed page by page with `nextCursor`", async () => {
    const { client } = await signUp();
    for (const key of ["b:1", "a:3", "a:1", "a:2"]) await client.kv.set.mutate({ key, value: key });
    const first = await client.kv.list.query({ prefix: "a:", limit: 2 });
    expect(first.items.map(({ key }) => key)).toEqual(["a:1", "a:2"]);
    const second = await client.kv.list.query({ prefix: "a:", limit: 2, cursor: first.nextCursor });
    expect(second).toMatchObject({ items: [{ key: "a:3", value: "a:3" }], nextCursor: null });
    expect(await codeOf(client.kv.list.query({ limit: 1e9 }))).toBe("BAD_REQUEST");
  });

  it("are unchanged by a mutation that fails after writing", async () => {
    const { client, user } = await signUp();
    await client.kv.set.mutate({ key: "kept", value: "as it was" });
    expect(await codeOf(client.keys.setThenFail.mutate())).toBe("CONFLICT");
    expect(await client.kv.get.query({ key: "kept" })).toBe("as it was");
    expect(await client.kv.get.query({ key: "temporary" })).toBeNull();
    expect(await count(user.id, "notes")).toBe(0);
  });
});

describe("concurrent writes", () => {
  it("over the same version succeed once of twenty", async () => {
    const { client } = await signUp();
    const { version } = await client.kv.set.mutate({ key: "key", value: "first" });
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        codeOf(client.kv.set.mutate({ key: "key", value: index, ifVersion: version })),
      ),
    );
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    expect(codes.filter((code) => code === "CONFLICT")).toHaveLength(19);
    expect(await client.kv.get.query({ key: "key" })).toBe(codes.indexOf("none"));
  });

  it("add up in twenty increments", async () => {
    const { browser, user } = await signUp();
    const http = browser.client("http");
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id });
    const sums = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 2 === 0 ? http.kv.increment.mutate({ key: "n", by: 2 }) : caller.kv.increment({ key: "n", by: 2 }),
      ),
    );
    expect(new Set(sums)).toEqual(new Set(Array.from({ length: 20 }, (_, index) => (index + 1) * 2)));
    expect(await http.kv.get.query({ key: "n" })).toBe(40);
  });
});

describe("hostile keys and values, over each transport", () => {
  it("may be any text if they are keys", async () => {
    const { transports, client } = await openKvTransports();
    for (const { name, get, set } of transports) {
      for (const key of oddKeys) {
        await set(key, `${name} ${key}`);
        expect(await get(key)).toBe(`${name} ${key}`);
      }
    }
    expect((await client.kv.list.query()).items).toHaveLength(oddKeys.length);
  });

  it("are refused as invalid keys, and nothing is stored", async () => {
    const { transports, user } = await openKvTransports();
    for (const { name, get, set, code } of transports) {
      for (const [kind, key] of badKeys) {
        expect([name, kind, await set(key as string, 1).catch(code)]).toEqual([name, kind, "BAD_REQUEST"]);
        expect([name, kind, await get(key as string).catch(code)]).toEqual([name, kind, "BAD_REQUEST"]);
      }
    }
    expect(await count(user.id, "_kv")).toBe(0);
  });

  it("are returned unchanged as values", async () => {
    const { transports } = await openKvTransports();
    for (const { name, get, set } of transports) {
      for (const value of values) {
        await set("key", value);
        const back = await get("key");
        expect([name, back]).toEqual([name, value]);
      }
    }
  });

  it("are refused as values above 1 MiB", async () => {
    const { transports, client } = await openKvTransports();
    const [, , rpc] = transports;
    expect(await rpc!.set("key", "x".repeat(1_048_577)).catch(rpc!.code)).toBe("PAYLOAD_TOO_LARGE");
    // A larger body does not reach the object.
    expect(await codeOf(client.kv.set.mutate({ key: "key", value: "x".repeat(1_048_577) }))).toBe("PAYLOAD_TOO_LARGE");
    expect(await client.kv.get.query({ key: "key" })).toBeNull();
  });

  it.each(["cyclic", "function", "sparse", "class", "nan"] as const)(
    "are BAD_REQUEST when a resolver sets something %s",
    async (odd) => {
      const { client, user } = await signUp();
      expect(await codeOf(client.keys.setOdd.mutate(odd))).toBe("BAD_REQUEST");
      expect(await count(user.id, "_kv")).toBe(0);
    },
  );

  it("are refused when another Worker sends a cycle, a sparse array or a function", async () => {
    const { transports, user } = await openKvTransports();
    const [, , rpc] = transports;
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const sparse: unknown[] = [];
    sparse.length = 2 ** 31;
    for (const value of [cyclic, sparse, Number.NaN, new Date(Number.NaN)]) {
      expect(await rpc!.set("key", value).catch(rpc!.code)).toBe("BAD_REQUEST");
    }
    await expect(rpc!.set("key", () => 1)).rejects.toThrow();
    expect(await count(user.id, "_kv")).toBe(0);
  });

  it("are refused with an unknown option", async () => {
    const { client } = await signUp();
    const input = { key: "a", value: 1, version: 5, userId: "x" };
    expect(await codeOf(client.kv.set.mutate(input))).toBe("BAD_REQUEST");
    expect(
      await codeOf(client.kv.set.mutate({ key: "a", value: 1, ttl: "1; DROP TABLE _kv" as unknown as number })),
    ).toBe("BAD_REQUEST");
  });
});
