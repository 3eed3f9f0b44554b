import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import superjson from "superjson";
import { createCaller, createLoadSession, getUserDO } from "trpc-userdo/worker";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { MembersRouter } from "../../fixtures/app/members.js";
import { freshEmail, openBrowser, origin, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import { tokenTo } from "../../fixtures/mail.js";
import { membersClient, signUpMember } from "../../fixtures/members.js";
import { openSocket } from "../../fixtures/socket.js";

const defaults = { plan: "free", credits: 0, badge: null };
const until = new Date("2030-01-01T00:00:00.000Z");
const objectOf = (userId: string) => env.MEMBERS_DO.getByName(`user:${userId}`);
const asUser = (userId: string) => createCaller<MembersRouter>(env.MEMBERS_DO).asUser({ userId });

const stored = (userId: string) =>
  runInDurableObject(objectOf(userId), (_instance, { storage }) =>
    storage.sql
      .exec("SELECT data FROM _user_fields")
      .toArray()
      .map(({ data }) => superjson.parse(String(data))),
  );

describe("the fields of a user", () => {
  it("have their defaults at first, and store nothing", async () => {
    const { client, user } = await signUpMember();
    expect(user.fields).toEqual(defaults);
    expect((await client.auth.me.query()).user.fields).toEqual(defaults);
    expect(await stored(user.id)).toEqual([]);
  });

  it("are part of the user wherever it is returned", async () => {
    const { browser, client, email, user } = await signUpMember();
    const fields = { ...defaults, plan: "pro", until };
    expect((await client.member.set.mutate({ plan: "pro", until })).fields).toEqual(fields);
    const expected = { ...user, fields };
    expect((await client.auth.me.query()).user).toEqual(expected);
    expect(await client.account.get.query()).toEqual(expected);
    expect(await client.member.user.query()).toEqual(expected);
    expect((await membersClient().auth.login.mutate({ email, password })).user).toEqual(expected);
    expect(await asUser(user.id).account.get()).toEqual(expected);
    const updated = await client.account.update.mutate({ profile: {} });
    expect(updated).toEqual(expected);
    const newPassword = "another horse battery";
    const changed = await client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    expect(changed.user).toEqual(expected);

    const loadSession = createLoadSession<MembersRouter>({ binding: "MEMBERS_DO" });
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const loaded = await loadSession(new Request(`${origin}/page`, { headers: { cookie } }), env);
    expect(loaded?.user).toEqual(expected);
    expectTypeOf(loaded!.user.fields.plan).toEqualTypeOf<"free" | "pro">();

    const accounts = await runInDurableObject(objectOf(user.id), async () => {
      const found: object[] = [];
      for await (const { type, data } of await asUser(user.id).account.export())
        if (type === "account") found.push(data);
      return found;
    });
    expect(accounts).toEqual([expected]);
  });

  it("keep what is `undefined`, clear what is `null`, and keep `null` where the schema accepts it", async () => {
    const { client, user } = await signUpMember();
    const set = async (patch: object) => (await client.member.set.mutate(patch)).fields;
    await set({ plan: "pro", credits: 3, until, badge: "early" });
    expect(await set({ plan: undefined, credits: 4 })).toEqual({ plan: "pro", credits: 4, until, badge: "early" });
    expect(await set({ plan: null, until: null, badge: null })).toEqual({ ...defaults, credits: 4 });
    expect(await stored(user.id)).toEqual([{ credits: 4, badge: null }]);
  });

  it("apply each of twenty changes at once", async () => {
    const { client } = await signUpMember();
    await Promise.all(Array.from({ length: 20 }, () => client.member.earn.mutate()));
    expect((await client.member.user.query()).fields.credits).toBe(20);
  });

  it.each([
    ["a value of another type", { credits: "1" }],
    ["a value that the schema refuses", { credits: -1 }],
    ["a field that is not declared", { admin: true }],
    ["a field called __proto__", JSON.parse('{"__proto__":{"plan":"pro"}}') as object],
    ["a field called constructor", { constructor: "x" }],
  ])("refuse %s and do not change", async (_name, patch) => {
    const { user } = await signUpMember();
    await asUser(user.id).member.set({ credits: 1 });
    expect(await codeOf(asUser(user.id).member.set(patch))).toBe("BAD_REQUEST");
    expect((await asUser(user.id).account.get()).fields).toEqual({ ...defaults, credits: 1 });
    expect(await stored(user.id)).toEqual([{ credits: 1 }]);
  });

  it("are limited to 32 KiB as stored", async () => {
    const { client } = await signUpMember();
    const about = "é".repeat((32 * 1024 - superjson.stringify({ about: "" }).length - 1) / 2);
    await client.member.set.mutate({ about });
    await expect(client.member.set.mutate({ about: `${about}é` })).rejects.toThrow("larger than 32 KiB");
    expect((await client.member.user.query()).fields.about).toBe(about);
  });
});

describe("a user who tries to write their fields", () => {
  const given = { plan: "pro", credits: 1_000 };

  it.each([
    ["account.update beside the profile", { profile: {}, fields: given }],
    ["account.update in the profile", { profile: { fields: given } }],
    ["account.update as fields of the profile", { profile: given }],
  ])("is refused: %s", async (_name, input) => {
    const { browser, client } = await signUpMember();
    expect(await codeOf(client.account.update.mutate(input as { profile: object }))).toBe("BAD_REQUEST");
    const socket = await openSocket(browser, "/members");
    socket.send({ id: 1, method: "mutation", params: { path: "account.update", input: superjson.serialize(input) } });
    expect((await socket.until(1))[0]).toMatchObject({ error: { json: { data: { code: "BAD_REQUEST" } } } });
    socket.socket.close();
    const signup = { email: freshEmail(), password, ...input } as { email: string; password: string };
    expect(await codeOf(membersClient().auth.signup.mutate(signup))).toBe("BAD_REQUEST");
    expect((await client.auth.me.query()).user.fields).toEqual(defaults);
  });

  it("is refused in a form", async () => {
    const browser = openBrowser();
    const fields = { email: freshEmail(), password, "fields.plan": "pro", fields: "pro", plan: "pro" };
    await browser.fetch("/members/form/signup", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields).toString(),
      redirect: "manual",
    });
    expect((await membersClient(browser).auth.me.query()).user.fields).toEqual(defaults);
  });
});

describe("setUserFields", () => {
  it("works in a method of the app's class, for a webhook", async () => {
    const { client, user } = await signUpMember();
    const object = getUserDO(env.MEMBERS_DO, { userId: user.id });
    expect(await object.setPlan("pro", until)).toEqual(until);
    expect((await client.auth.me.query()).user.fields).toEqual({ ...defaults, plan: "pro", until });
    expect(await object.setPlan("free")).toBeUndefined();
  });

  it("works from another Worker, with the binding alone", async () => {
    const { client, user } = await signUpMember();
    const changed = await getUserDO(env.MEMBERS_DO, { userId: user.id }).setUserFields({ plan: "pro", until });
    expect(changed).toEqual({ ...user, fields: { ...defaults, plan: "pro", until } });
    expect((await client.auth.me.query()).user).toEqual(changed);
  });

  it("rejects a user who never signed up, and stores nothing there", async () => {
    await runInDurableObject(objectOf("0".repeat(32)), (instance, { storage }) => {
      expect(() => instance.setUserFields({ plan: "pro" })).toThrow("This user does not exist.");
      const tables = storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'");
      expect(tables.toArray()).toEqual([]);
    });
  });

  it("rejects an object that is not a user's, and an app without fields", async () => {
    await runInDurableObject(env.MEMBERS_DO.getByName(`organization:${"0".repeat(32)}`), (instance) => {
      expect(() => instance.setPlan("pro")).toThrow("This object is not a user's, so it has no user fields.");
    });
    const { user } = await signUp();
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (instance) => {
      // Only JavaScript can do this, because the type of the argument is `never`.
      expect(() => instance.setUserFields({ plan: "pro" } as never)).toThrow("This app has no `fields`.");
    });
  });

  it("works in hooks: at sign-up, at sign-in, and when an address or a profile changes", async () => {
    const { client, email, user } = await signUpMember(`gifted-${freshEmail()}`);
    expect(user.fields).toEqual({ ...defaults, credits: 10 });
    await client.auth.verifyEmail.mutate({ token: await tokenTo(email, "verifyEmail") });
    const updated = await client.account.update.mutate({ profile: { firstName: "Ada" } });
    const fields = { ...defaults, credits: 10, badge: "verified", about: "Ada, free" };
    expect(updated.fields).toEqual(fields);
    expect((await client.auth.me.query()).user.fields).toEqual(fields);

    const counted = await signUpMember(`counted-${freshEmail()}`);
    const again = await membersClient().auth.login.mutate({ email: counted.email, password });
    expect(again.user.fields.credits).toBe(1);
  });

  it("leaves nothing of a sign-up that the hook refuses", async () => {
    const email = `refused-${freshEmail()}`;
    expect(await codeOf(membersClient().auth.signup.mutate({ email, password }))).toBe("FORBIDDEN");
  });

  it("is part of the transaction of the mutation", async () => {
    const { client } = await signUpMember();
    expect(await codeOf(client.member.setThenFail.mutate())).toBe("CONFLICT");
    expect(await codeOf(client.member.setLater.mutate({ fail: true }))).toBe("CONFLICT");
    expect((await client.auth.me.query()).user.fields).toEqual(defaults);
    expect(await client.member.setLater.mutate({ fail: false })).toBe("pro");
  });
});

describe("live queries that read the user", () => {
  it.each(["auth.me", "account.get", "member.user", "member.plan"])("%s shows a change of the fields", async (path) => {
    const { browser, client, user } = await signUpMember();
    const socket = await openSocket(browser, "/members");
    const input = superjson.serialize({ path });
    socket.send({ id: 1, method: "subscription", params: { path: "_live", input, userdo: {} } });
    const results = () => socket.frames.filter(({ id, result }) => id === 1 && result?.type === "data");
    const untilResults = async (count: number) => {
      while (results().length < count) await socket.until(socket.frames.length + 1);
    };
    await untilResults(1);
    await client.member.set.mutate({ plan: "pro" });
    await untilResults(2);
    expect(JSON.stringify(results()[0])).toContain('"free"');
    expect(JSON.stringify(results()[1])).toContain('"pro"');
    await getUserDO(env.MEMBERS_DO, { userId: user.id }).setPlan("free");
    await untilResults(3);
    expect(JSON.stringify(results()[2])).toContain('"free"');
    socket.socket.close();
  });

  it("cannot write the fields", async () => {
    const { browser, client } = await signUpMember();
    const socket = await openSocket(browser, "/members");
    const input = superjson.serialize({ path: "member.setInQuery" });
    socket.send({ id: 1, method: "subscription", params: { path: "_live", input, userdo: {} } });
    const failed = () => socket.frames.find(({ id, error }) => id === 1 && error);
    while (!failed()) await socket.until(socket.frames.length + 1);
    expect(failed()?.error?.json.data.code).toBe("METHOD_NOT_SUPPORTED");
    expect((await client.auth.me.query()).user.fields).toEqual(defaults);
    socket.socket.close();
  });
});

describe("user data that another version stored", () => {
  it("gets its table and triggers when an object without them starts", async () => {
    const { client, user } = await signUpMember();
    await client.account.update.mutate({ profile: { firstName: "Ada" } });
    await runInDurableObject(objectOf(user.id), (_instance, { storage: { sql } }) => {
      sql.exec("DROP TABLE _user_fields");
      becomeEarlierVersion(sql);
    });
    await evictDurableObject(objectOf(user.id));
    expect(await client.auth.me.query()).toMatchObject({ user: { profile: { firstName: "Ada" }, fields: defaults } });
    await client.member.set.mutate({ plan: "pro" });
    expect(await client.member.plan.query()).toBe("pro");
    await runInDurableObject(objectOf(user.id), (_instance, { storage: { sql } }) => {
      const triggers = sql.exec("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '_user_fields'");
      expect(triggers.toArray()).toHaveLength(4);
    });
  });

  it("is not read where the schema no longer has the field, and does not prevent a change", async () => {
    const { client, user } = await signUpMember();
    await client.member.set.mutate({ credits: 1 });
    await runInDurableObject(objectOf(user.id), (_instance, { storage: { sql } }) => {
      sql.exec("UPDATE _user_fields SET data = ?", superjson.stringify({ credits: 1, isAdmin: true }));
    });
    expect((await client.auth.me.query()).user.fields).toEqual({ ...defaults, credits: 1 });
    await client.member.set.mutate({ plan: "pro" });
    expect(await stored(user.id)).toEqual([{ credits: 1, plan: "pro" }]);
  });

  it("can still be changed when a profile has a field that the schema no longer has", async () => {
    const { client, user } = await signUpMember();
    await client.account.update.mutate({ profile: { firstName: "Ada" } });
    await runInDurableObject(objectOf(user.id), (_instance, { storage: { sql } }) => {
      sql.exec("UPDATE _profile SET data = ?", superjson.stringify({ firstName: "Ada", nickname: "A" }));
    });
    expect((await client.account.update.mutate({ profile: { firstName: "Bea" } })).profile).toEqual({
      firstName: "Bea",
    });
  });

  it("is deleted with the account", async () => {
    const { client, user } = await signUpMember();
    await client.member.set.mutate({ plan: "pro" });
    await client.account.delete.mutate({ password });
    await runInDurableObject(objectOf(user.id), (_instance, { storage: { sql } }) => {
      const rows = sql.exec("SELECT name FROM sqlite_master WHERE name = '_user_fields'").toArray();
      expect(rows.length === 0 || sql.exec("SELECT * FROM _user_fields").toArray().length === 0).toBe(true);
    });
  });
});
