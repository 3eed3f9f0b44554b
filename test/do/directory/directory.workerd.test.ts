import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import type { ListedSchemaStatus } from "../../../src/shared/directory.js";
import { toName } from "../../../src/shared/owner.js";
import { requestsToApp } from "../../fixtures/app/directory-do.js";
import { freshEmail, password } from "../../fixtures/browser.js";
import {
  callApp,
  directoryObject,
  eventuallyListed,
  findListed,
  listOrganizations,
  listUsers,
  rowsIn,
  signUpToDirectory,
  verifyEmail,
} from "../../fixtures/directory.js";
import { env } from "cloudflare:workers";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import { codeOf } from "../../fixtures/error-code.js";
import { eventually } from "../../fixtures/eventually.js";

const today = (): Date => new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);
/** A word that no other test uses. */
const freshName = (): string => `N${crypto.randomUUID().replaceAll("-", "")}`;

describe("the directory", () => {
  it("lists a user after the sign-up, with the configured fields of the profile only", async () => {
    const name = freshName();
    const { email, user } = await signUpToDirectory({ profile: { name: `Ada ${name}`, secret: "hidden" } });
    const listed = await eventuallyListed(email);
    expect(listed).toEqual({
      id: user.id,
      createdAt: user.createdAt,
      lastSeenAt: today(),
      emailVerified: false,
      status: "active",
      roles: [],
      organizationCount: 0,
      email,
      profile: { name: `Ada ${name}` },
    });
    expect((await listUsers({ search: `ada ${name.slice(0, 20)}` })).items).toEqual([listed]);
    expect(await callApp("admin.users.count", { search: name })).toEqual({ count: 1 });
    expect((await listUsers({ search: "hidden" })).items).toEqual([]);
  });

  it("follows changes of the account", async () => {
    const person = await signUpToDirectory();
    await verifyEmail(person);
    await eventuallyListed(person.email, (user) => expect(user.emailVerified).toBe(true));
    const name = freshName();
    await person.client.account.update.mutate({ profile: { name, born: new Date(0) } });
    await eventuallyListed(person.email, (user) => expect(user.profile).toEqual({ name, born: new Date(0) }));
    expect((await listUsers({ search: name })).items.map(({ id }) => id)).toEqual([person.user.id]);
  });

  it("deletes the entry of a deleted account", async () => {
    const { client, email, user } = await signUpToDirectory();
    await eventuallyListed(email);
    await client.account.delete.mutate({ password });
    expect(await findListed(email)).toBeUndefined();
    expect(await rowsIn(`user:${user.id}`, "_account")).toEqual([]);
    // The app declares no roles, so the user cannot be the last superadmin.
    expect(requestsToApp).not.toContain("releaseSuperadmin");
  });

  it("never lists a user whose sign-up the app's hook refuses after a while", async () => {
    const email = `late-${freshEmail()}`;
    await expect(signUpToDirectory({ email })).rejects.toThrow();
    await signUpToDirectory().then((other) => eventuallyListed(other.email));
    expect(await findListed(email)).toBeUndefined();
    const accepted = await signUpToDirectory({ email: `async-${freshEmail()}` });
    await eventuallyListed(accepted.email);
  });

  it("lists 20 users who sign up at once, newest first and in pages", async () => {
    const name = freshName();
    const people = await Promise.all(Array.from({ length: 20 }, () => signUpToDirectory({ profile: { name } })));
    await eventually(async () => expect(await callApp("admin.users.count", { search: name })).toEqual({ count: 20 }));
    const read: string[] = [];
    const times: number[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await listUsers({ search: name, limit: 7, ...(cursor !== undefined && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(7);
      read.push(...page.items.map(({ id }) => id));
      times.push(...page.items.map(({ createdAt }) => createdAt.getTime()));
      cursor = page.nextCursor;
    }
    expect(read.toSorted()).toEqual(people.map(({ user }) => user.id).toSorted());
    expect(times).toEqual(times.toSorted((one, other) => other - one));
  });

  it("lists organizations, and counts their members and a user's organizations", async () => {
    const { client, email } = await signUpToDirectory();
    const name = freshName();
    const { id } = await client.organizations.create.mutate({ name });
    const find = async () => (await listOrganizations()).items.find((each) => each.id === id);
    await eventually(async () => expect(await find()).toMatchObject({ name, memberCount: 1 }));
    await eventuallyListed(email, (user) => expect(user.organizationCount).toBe(1));
    await client.organizations.update.mutate({ organizationId: id, name: `${name} 2` });
    await eventually(async () => expect(await find()).toMatchObject({ name: `${name} 2` }));
    await client.organizations.delete.mutate({ organizationId: id });
    await eventually(async () => expect(await find()).toBeUndefined());
    await eventuallyListed(email, (user) => expect(user.organizationCount).toBe(0));
  });

  it("follows the roles of a user, and lists the users of a role", async () => {
    const [ada, bob] = [await signUpToDirectory(), await signUpToDirectory()];
    const change = (name: "assign" | "unassign", { user }: typeof ada) =>
      callApp(`admin.roles.${name}`, { userId: user.id, role: "superadmin", reason: "test" }, "mutation");
    const superadmins = async () => (await listUsers({ role: "superadmin", limit: 100 })).items.map(({ id }) => id);
    await change("assign", ada);
    await change("assign", bob);
    await eventuallyListed(ada.email, (user) => expect(user.roles).toEqual(["superadmin"]));
    await eventually(async () =>
      expect(await superadmins()).toEqual(expect.arrayContaining([ada.user.id, bob.user.id])),
    );
    const { items } = await ada.client.admin.users.list.query({ search: bob.email });
    expect(items).toMatchObject([{ id: bob.user.id, createdAt: bob.user.createdAt, email: bob.email }]);
    await change("unassign", ada);
    await eventually(async () => expect(await superadmins()).not.toContain(ada.user.id));
    expect(await superadmins()).toContain(bob.user.id);
  });

  it("receives at most one message a day about the use of an account", async () => {
    const { client, browser, email, object } = await signUpToDirectory();
    await eventuallyListed(email);
    const sent = () =>
      runInDurableObject(object(), (_instance, { storage }) =>
        Number(storage.sql.exec("SELECT seq FROM _outbox_seq WHERE target LIKE 'directory:%'").one()["seq"]),
      );
    const yesterday = (fields: string) =>
      runInDurableObject(object(), (_instance, { storage }) => {
        storage.sql.exec("UPDATE _sessions SET last_seen_at = last_seen_at - 86400000");
        storage.sql.exec(`UPDATE _directory_report SET entry = ${fields}`);
      });
    const before = await sent();
    await client.auth.me.query();
    await client.auth.refresh.mutate({});
    expect(await sent()).toBe(before);
    await yesterday("json_set(entry, '$.seenDay', (entry ->> 'seenDay') - 1)");
    await evictDurableObject(object());
    await client.auth.me.query();
    await client.auth.me.query();
    expect(await sent()).toBe(before + 1);
    expect(browser.cookies.size).toBeGreaterThan(0);
    await eventuallyListed(email, (user) => expect(user.lastSeenAt).toEqual(today()));
  });

  it("finds a user by the email address without the directory, and creates nothing for an unknown one", async () => {
    const { email, user } = await signUpToDirectory();
    expect(await callApp("admin.users.findByEmail", { email: email.toUpperCase() })).toEqual({ userId: user.id });
    const unknown = freshEmail();
    expect(await callApp("admin.users.findByEmail", { email: unknown })).toBeNull();
    const name = toName(await emailObjectAddress(env.INDEX_SECRET, unknown));
    expect(await rowsIn(name, "_object")).toEqual([]);
  });

  it("refuses operators' procedures for users", async () => {
    const { client } = await signUpToDirectory();
    expect(await codeOf(client.admin.users.list.query({}))).toBe("FORBIDDEN");
    expect(await codeOf(client.admin.users.count.query({}))).toBe("FORBIDDEN");
    expect(await codeOf(client.admin.users.findByEmail.query({ email: freshEmail() }))).toBe("FORBIDDEN");
    expect(await codeOf(client.admin.organizations.list.query({}))).toBe("FORBIDDEN");
    expect(await codeOf(client.admin.schema.status.query())).toBe("FORBIDDEN");
    expect(await codeOf(client.admin.directory.rebuild.mutate({ reason: "test" }))).toBe("FORBIDDEN");
  });

  it.each([
    ["admin.users.list", { cursor: "nonsense" }],
    ["admin.users.list", { cursor: "1.x'; DROP TABLE _users" }],
    ["admin.users.list", { limit: 0 }],
    ["admin.users.list", { limit: 101 }],
    ["admin.users.list", { status: "deleted" }],
    ["admin.users.list", { search: "x".repeat(201) }],
    ["admin.users.list", { createdAfter: new Date(Number.NaN) }],
    ["admin.users.findByEmail", { email: "no address" }],
    ["admin.organizations.list", { cursor: "." }],
    ["admin.directory.rebuild", { reason: " " }],
    ["admin.directory.rebuild", {}],
  ])("rejects %s with %j", async (path, input) => {
    const type = path.endsWith("rebuild") ? "mutation" : "query";
    await expect(callApp(path, input, type)).rejects.toThrow("BAD_REQUEST");
  });
});

describe("an object of an earlier version", () => {
  it("appears in the directory at its next start, and with its new version of the tables", async () => {
    const { client, email, user } = await signUpToDirectory();
    const { id } = await client.organizations.create.mutate({ name: freshName() });
    await eventuallyListed(email, (listed) => expect(listed.organizationCount).toBe(1));
    const names = [`user:${user.id}`, `organization:${id}`];
    for (const name of names) {
      await runInDurableObject(directoryObject(name), (_instance, { storage }) => {
        storage.sql.exec("DROP TABLE _directory_report");
        becomeEarlierVersion(storage.sql);
      });
      await evictDurableObject(directoryObject(name));
    }
    for (const shard of ["directory:0", "directory:1"])
      await runInDurableObject(directoryObject(shard), (_instance, { storage: { sql } }) => {
        sql.exec("DELETE FROM _users WHERE id = ?", user.id);
        sql.exec("DELETE FROM _organizations WHERE id = ?", id);
      });
    expect(await findListed(email)).toBeUndefined();
    await client.auth.me.query();
    await client.organizations.get.query({ organizationId: id });
    await eventuallyListed(email, (listed) => expect(listed.organizationCount).toBe(1));
    await eventually(async () => expect((await listOrganizations()).items.map((each) => each.id)).toContain(id));
    expect(await rowsIn(`user:${user.id}`, "_directory_report")).toHaveLength(1);
  });

  it("is counted by the version of its tables", async () => {
    const { email } = await signUpToDirectory();
    await eventuallyListed(email);
    const { items } = await callApp<{ items: ListedSchemaStatus[] }>("admin.schema.status");
    const users = items.filter(({ kind }) => kind === "user");
    expect(users).toEqual([
      {
        kind: "user",
        framework: expect.any(Number),
        app: expect.stringMatching(/^[\da-f]{8}$/),
        objects: expect.any(Number),
        isCurrent: true,
      },
    ]);
    expect(users[0]?.objects).toBeGreaterThan(0);
    expect(users[0]?.objects).toBe((await callApp<{ count: number }>("admin.users.count")).count);
  });
});
