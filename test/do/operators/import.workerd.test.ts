import { pbkdf2Sync } from "node:crypto";
import { env } from "cloudflare:workers";
import superjson from "superjson";
import type { ImportRecord, ImportReport } from "../../../src/shared/import-record.js";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { v4, v7 } from "uuid";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { addressName, listed, signUpVerified, storesAnything } from "../../fixtures/organizations.js";
import { overHttp } from "../../fixtures/transports.js";
import { refusalOf } from "./operate.js";

const caller = createCaller<AppRouter>(env.BLOG_DO);
const system = caller.asSystem();
const reason = "Moving";

type Options = Partial<Omit<Parameters<typeof system.admin.import>[0], "records" | "reason">>;
const run = (records: readonly unknown[], options: Options = {}): Promise<ImportReport> =>
  system.admin.import({ records: records as ImportRecord[], reason, ...options });

const done = (imported: number, others: Partial<ImportReport> = {}): ImportReport => ({
  imported,
  unchanged: 0,
  ignored: 0,
  refused: [],
  ...others,
});

const reasonsOf = ({ refused }: ImportReport) => refused.map(({ index, reason: why }) => [index, why]);

const unpadded = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");
const salt = Buffer.from("0123456789abcdef");
const passwordHash = `$pbkdf2-sha256$i=1000$${unpadded(salt)}$${unpadded(pbkdf2Sync(password, salt, 1_000, 32, "sha256"))}`;

async function userOf(email: string) {
  const found = await system.admin.users.findByEmail({ email });
  return { userId: found?.userId ?? "" };
}
const asUser = async (email: string) => caller.asUser(await userOf(email));

describe("admin.import", () => {
  it("imports users with their data, organizations and members, and changes nothing when it is repeated", async () => {
    const [ada, bob] = [freshEmail(), freshEmail()];
    const organization = v4();
    const createdAt = "2021-02-03T04:05:06.789Z";
    const records = [
      {
        type: "user",
        data: { email: ada, emailVerified: true, createdAt, passwordHash, profile: { firstName: "Ada" } },
      },
      { type: "user", data: { email: bob } },
      { type: "role", user: bob, role: "support" },
      { type: "newOrganization", id: organization, name: "Acme", owner: ada, createdAt, settings: { plan: "paid" } },
      { type: "member", organization, user: bob, role: "editor", joinedAt: createdAt },
      { type: "row", user: ada, table: "posts", data: { id: v4(), title: "Hello", body: "x", createdAt } },
      { type: "row", user: ada, table: "notes", data: { id: "7", text: "due", due: createdAt } },
      { type: "key", user: ada, data: { key: "preferences", value: { theme: "dark", since: new Date(createdAt) } } },
      { type: "key", user: ada, data: { key: "draft:1", value: { a: [1, null] } } },
      { type: "row", organization, table: "projects", data: { id: "p1", name: "Engine" } },
      { type: "key", organization, data: { key: "visits", value: 7 } },
      { type: "row", app: true, table: "announcements", data: { id: `a-${organization}`, title: organization } },
    ];
    expect(await run(records)).toEqual(done(12));
    expect(await run(records)).toEqual(done(0, { unchanged: 12 }));

    const client = openBrowser().client();
    const { user } = await client.auth.login.mutate({ email: ada, password });
    expect(user).toMatchObject({ emailVerified: true, createdAt: new Date(createdAt), profile: { firstName: "Ada" } });
    const [post] = await client.posts.list.query();
    expect(post).toMatchObject({ title: "Hello", done: false, createdAt: new Date(createdAt) });
    expect(post?.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(await client.notes.list.query()).toMatchObject([{ text: "due", due: new Date(createdAt) }]);
    expect(await client.kv.preferences.get.query()).toEqual({ theme: "dark", since: new Date(createdAt) });
    expect(await client.kv.get.query({ key: "draft:1" })).toEqual({ a: [1, null] });
    const [acme] = (await listed({ client })).values();
    expect(acme).toMatchObject({ name: "Acme", role: "owner", joinedAt: new Date(createdAt) });
    const organizationId = acme?.id ?? "";
    expect(await client.organizations.get.query({ organizationId })).toMatchObject({ settings: { plan: "paid" } });
    expect(await client.projects.list.query({ organizationId })).toMatchObject([{ name: "Engine" }]);
    const members = await client.organizations.members.list.query({ organizationId });
    expect(members.map(({ email, role }) => [email, role])).toEqual([
      [ada, "owner"],
      [bob, "editor"],
    ]);
    expect((await (await asUser(bob)).account.get()).roles).toContain("support");
    expect(await system.announcements.byTitle({ title: organization })).toHaveLength(1);
    const { items } = await system.admin.audit.list({ action: "data.import", limit: 2 });
    expect(items[1]).toMatchObject({ reason, detail: "12 imported, 0 unchanged, 0 refused", outcome: "ok" });
  });

  it("keeps rows and keys that were changed since", async () => {
    const email = freshEmail();
    const records = [
      { type: "user", data: { email, passwordHash } },
      { type: "row", user: email, table: "posts", data: { id: "1", title: "Old", body: "" } },
      { type: "key", user: email, data: { key: "draft", value: 1 } },
    ];
    await run(records);
    const user = await asUser(email);
    const [post] = await user.posts.list();
    await user.posts.update({ id: post?.id ?? "", title: "New" });
    await user.kv.set({ key: "draft", value: 2 });
    expect(await run(records)).toEqual(done(0, { unchanged: 3 }));
    expect(await user.posts.list()).toMatchObject([{ title: "New" }]);
    expect(await user.kv.get({ key: "draft" })).toBe(2);
  });

  it("imports duplicates once", async () => {
    const email = freshEmail();
    const user = { type: "user", data: { email, passwordHash } };
    const row = { type: "row", user: email, table: "posts", data: { id: "1", title: "Once", body: "" } };
    const key = { type: "key", user: email, data: { key: "draft", value: 1 } };
    expect(await run([user, user, row, row, key, key])).toEqual(done(3, { unchanged: 3 }));
    expect(await (await asUser(email)).posts.list()).toHaveLength(1);
  });

  it("says which records it refuses and why, and imports the others", async () => {
    const email = freshEmail();
    const future = new Date(Date.now() + 3_600_000).toISOString();
    const rows = (data: object, table = "posts") => ({ type: "row", user: email, table, data });
    const report = await run([
      { type: "user", data: { email, passwordHash } },
      { type: "user", data: { email: "ada" } },
      { type: "user", data: { email: freshEmail(), createdAt: future } },
      { type: "user", data: { email: freshEmail(), createdAt: "yesterday" } },
      { type: "user", data: { email: freshEmail(), passwordHash: "$2b$10$abc" } },
      { type: "user", data: { email: freshEmail(), profile: { firstName: 1 } } },
      { type: "user", data: { email: freshEmail(), profile: { admin: true } } },
      { type: "user", data: { email: freshEmail(), admin: true } },
      rows({ id: "1", title: "Good", body: "" }),
      rows({ id: "2", title: "", body: "" }),
      rows({ id: "3", title: "x", body: "", owner: "root" }),
      rows({ title: "x", body: "" }),
      rows({ id: "4", title: "x", body: "", createdAt: future }),
      rows({ id: "5" }, "_account"),
      rows({ id: "6", text: "x".repeat(1_000_001) }, "notes"),
      { type: "key", user: email, data: { key: "preferences", value: { theme: "pink" } } },
      { type: "key", user: email, data: { key: "", value: 1 } },
      { type: "key", user: email, data: { key: "gone", value: 1, expiresAt: "2020-01-01T00:00:00Z" } },
      { type: "row", user: freshEmail(), table: "posts", data: { id: "7", title: "x", body: "" } },
      { type: "row", organization: v4(), table: "projects", data: { id: "8", name: "x" } },
      { type: "member", organization: v4(), user: email, role: "member" },
      { type: "role", user: email, role: "king" },
      { type: "newOrganization", id: v4(), name: "", owner: email },
      { type: "row", table: "posts", data: { id: "9", title: "x", body: "" } },
      { type: "row", user: email, app: true, table: "posts", data: { id: "10", title: "x", body: "" } },
      { type: "session", data: {} },
      { type: "toString" },
      null,
      "text",
      [],
    ]);
    expect([report.imported, report.unchanged, report.ignored]).toEqual([2, 1, 1]);
    expect(reasonsOf(report)).toEqual([
      [1, "EMAIL_INVALID"],
      [2, "DATE_IN_FUTURE"],
      [3, "RECORD_INVALID"],
      [4, "PASSWORD_HASH_INVALID"],
      [5, "INPUT_INVALID"],
      [6, "INPUT_INVALID"],
      [7, "RECORD_INVALID"],
      [9, "VALUE_INVALID"],
      [10, "VALUE_INVALID"],
      [11, "VALUE_INVALID"],
      [12, "DATE_IN_FUTURE"],
      [13, "TABLE_UNKNOWN"],
      [14, "VALUE_TOO_LARGE"],
      [15, "VALUE_INVALID"],
      [16, "KEY_INVALID"],
      [18, "USER_NOT_FOUND"],
      [19, "ORGANIZATION_NOT_FOUND"],
      [20, "ORGANIZATION_NOT_FOUND"],
      [21, "ROLE_NOT_FOUND"],
      [22, "RECORD_INVALID"],
      [23, "RECORD_INVALID"],
      [24, "RECORD_INVALID"],
      [26, "RECORD_INVALID"],
      [27, "RECORD_INVALID"],
      [28, "RECORD_INVALID"],
      [29, "RECORD_INVALID"],
    ]);
    for (const { message } of report.refused) expect(message).toMatch(/\w/);
    expect(await (await asUser(email)).posts.list()).toMatchObject([{ title: "Good" }]);
  });

  it("adds nothing to an account that it did not create, unless it is told to", async () => {
    const { email, client, user } = await signUp();
    const records = [
      { type: "user", data: { email, emailVerified: true, passwordHash } },
      { type: "row", user: email, table: "posts", data: { id: "1", title: "Mine", body: "" } },
      { type: "key", user: email, data: { key: "draft", value: 1 } },
    ];
    expect(reasonsOf(await run(records))).toEqual([
      [0, "EMAIL_TAKEN"],
      [1, "EMAIL_TAKEN"],
      [2, "EMAIL_TAKEN"],
    ]);
    expect(await client.posts.list.query()).toEqual([]);
    expect(await run(records, { existing: "add" })).toEqual(done(2, { unchanged: 1 }));
    expect(await client.posts.list.query()).toHaveLength(1);
    expect((await client.auth.me.query()).user).toMatchObject({ id: user.id, emailVerified: false });
  });

  it("writes to an organization that it did not create only if it is told to", async () => {
    const ada = await signUpVerified();
    const { id } = await ada.client.organizations.create.mutate({ name: "Acme" });
    const bob = await signUp();
    const records = [
      { type: "member", organization: id, user: bob.email, role: "member" },
      { type: "row", organization: id, table: "projects", data: { id: "1", name: "Engine" } },
    ];
    expect(reasonsOf(await run(records))).toEqual([
      [0, "EMAIL_TAKEN"],
      [1, "ORGANIZATION_NOT_FOUND"],
    ]);
    expect(await run(records, { existing: "add" })).toEqual(done(2));
    expect(await bob.client.projects.list.query({ organizationId: id })).toHaveLength(1);
  });

  it("does not give an organization of the file to another owner", async () => {
    const [ada, bob] = [freshEmail(), freshEmail()];
    const id = v4();
    const owned = (owner: string) => ({ type: "newOrganization", id, name: "Acme", owner });
    await run([
      { type: "user", data: { email: ada, passwordHash } },
      { type: "user", data: { email: bob } },
      owned(ada),
    ]);
    expect(reasonsOf(await run([owned(bob)]))).toEqual([[0, "ALREADY_MEMBER"]]);
    expect(await (await asUser(bob)).organizations.list()).toEqual([]);
  });

  it("sends no mail and runs no hook", async () => {
    const email = `refused-${freshEmail()}`;
    expect(await run([{ type: "user", data: { email } }])).toEqual(done(1));
  });

  it("is refused to everybody without its permission, and changes nothing", async () => {
    const { browser, user, client } = await signUp();
    const email = freshEmail();
    const input = { records: [{ type: "user", data: { email } }], reason };
    expect(await refusalOf(overHttp(browser, "batch").mutate("admin.import", input))).toBe(
      "FORBIDDEN MISSING_PERMISSION",
    );
    expect(await refusalOf(overHttp(openBrowser(), "batch").mutate("admin.import", input))).toMatch(/^UNAUTHORIZED/);
    await system.admin.roles.assign({ userId: user.id, role: "support", reason });
    expect(await refusalOf(client.admin.import.mutate(input as never))).toBe("FORBIDDEN MISSING_PERMISSION");
    expect(await storesAnything(await addressName(email))).toBe(false);
    await system.admin.roles.assign({ userId: user.id, role: "superadmin", reason });
    expect(await client.admin.import.mutate(input as never)).toEqual(done(1));
    const { items } = await system.admin.audit.list({ actorId: user.id, action: "data.import" });
    expect(items).toHaveLength(1);
  });

  it("gives no role that the operator does not have", async () => {
    const operator = await signUp();
    await system.admin.roles.create({ name: `importer-${operator.user.id.slice(0, 8)}`, permissions: ["data:import"] });
    const role = `importer-${operator.user.id.slice(0, 8)}`;
    await system.admin.roles.assign({ userId: operator.user.id, role, reason });
    const report = await operator.client.admin.import.mutate({
      records: [
        { type: "role", user: operator.email, role: "superadmin" },
        { type: "role", user: operator.email, role: "editor" },
      ],
      reason,
    });
    expect(reasonsOf(report)).toEqual([
      [0, "MISSING_PERMISSION"],
      [1, "MISSING_PERMISSION"],
    ]);
  });

  it.each([{ records: [] }, { records: Array(501).fill(null) }, { records: [null], existing: "replace" }])(
    "rejects an input that is not valid",
    async (input) => {
      expect(await refusalOf(system.admin.import({ reason, ...input } as never))).toMatch(/^BAD_REQUEST/);
    },
  );
});

describe("an export", () => {
  interface Exported {
    readonly type: string;
    readonly table?: string;
    readonly data: Record<string, unknown>;
  }

  async function exportOf(userId: string): Promise<Exported[]> {
    const records: Exported[] = [];
    for await (const record of await caller.asUser({ userId }).account.export()) records.push(record as Exported);
    return records;
  }

  /** The data of an export that an import restores. */
  function contentOf(records: readonly Exported[]) {
    const account = records.find(({ type }) => type === "account")?.data ?? {};
    const { email, emailVerified, createdAt, profile } = account;
    const rows = records.filter(({ type }) => type === "row").map(({ table, data }) => ({ table, data }));
    const keys = records
      .filter(({ type }) => type === "key")
      .map(({ data: { key, value, expiresAt } }) => ({ key, value, expiresAt }));
    return { account: { email, emailVerified, createdAt, profile }, rows, keys };
  }

  async function fill() {
    const email = freshEmail();
    const browser = openBrowser();
    const client = browser.client();
    const born = new Date("1990-01-02T03:04:05.006Z");
    const profile = { firstName: "Ada", born, newsletter: "yes", slug: "Lovelace", since: "2020-01-01T00:00:00.000Z" };
    const { user } = await client.auth.signup.mutate({ email, password, profile });
    const own = caller.asUser({ userId: user.id });
    for (let number = 0; number < 30; number++) await own.posts.create({ title: `Post ${number}`, body: "x" });
    await own.notes.create({ text: "due", due: born });
    const bytes = Uint8Array.from([0, 1, 255]);
    await own.careless.create({
      name: "all",
      stars: 3,
      price: 0.1,
      sold: true,
      at: born,
      big: 2n ** 70n,
      bytes,
      tags: ["a"],
    });
    await own.kv.set({ key: "free", value: { at: born, list: [1, "2"] } });
    await own.kv.set({ key: "later", value: 1, ttl: 3_600 });
    await own.kv.preferences.set({ value: { theme: "dark", since: born } });
    return { email, user, own };
  }

  it("is read by an import, which restores the account as it was", async () => {
    const { email, user } = await fill();
    const before = await exportOf(user.id);
    const lines = before.map((record) => superjson.stringify(record));
    await system.admin.users.delete({ userId: user.id, reason });
    await expect.poll(() => system.admin.users.findByEmail({ email })).toBeNull();
    const report = await run(lines.map((line) => superjson.parse(line)));
    expect(report.refused).toEqual([]);
    expect(report.imported).toBe(1 + 32 + 3);
    const restored = await userOf(email);
    expect(restored.userId).not.toBe(user.id);
    const after = await exportOf(restored.userId);
    expect(contentOf(after)).toEqual(contentOf(before));
    const again = lines.map((line) => superjson.parse(line));
    expect(await run(again)).toMatchObject({ imported: 0, unchanged: 36, refused: [] });
  });

  it("is read in several calls, each with the account that its records belong to", async () => {
    const { email, user } = await fill();
    const before = await exportOf(user.id);
    await system.admin.users.delete({ userId: user.id, reason });
    await expect.poll(() => system.admin.users.findByEmail({ email })).toBeNull();
    for (let start = 0; start < before.length; start += 10) {
      const options = start === 0 ? {} : { account: email };
      expect((await run(before.slice(start, start + 10), options)).refused).toEqual([]);
    }
    expect(contentOf(await exportOf((await userOf(email)).userId))).toEqual(contentOf(before));
  });

  it("is read as plain JSON too, in which dates of columns are text", async () => {
    const email = freshEmail();
    const { user } = await openBrowser().client().auth.signup.mutate({ email, password });
    const own = caller.asUser({ userId: user.id });
    const due = new Date("2030-01-02T03:04:05.006Z");
    await own.notes.create({ text: "due", due });
    await own.careless.create({ name: "bytes", bytes: Uint8Array.from([1, 2]), at: due });
    const before = await exportOf(user.id);
    await system.admin.users.delete({ userId: user.id, reason });
    await expect.poll(() => system.admin.users.findByEmail({ email })).toBeNull();
    const plain = before.map((record) => JSON.parse(JSON.stringify(record)) as unknown);
    expect((await run(plain)).refused).toEqual([]);
    expect(contentOf(await exportOf((await userOf(email)).userId))).toEqual(contentOf(before));
  });

  it("restores a membership of an organization that still exists, if it is told to", async () => {
    const ada = await signUpVerified();
    const { id } = await ada.client.organizations.create.mutate({ name: "Acme" });
    const bob = await signUp();
    await system.organizations.members.add({ organizationId: id, userId: bob.user.id, role: "editor" });
    const before = await exportOf(bob.user.id);
    await system.admin.users.delete({ userId: bob.user.id, reason });
    await expect.poll(() => system.admin.users.findByEmail({ email: bob.email })).toBeNull();
    expect((await run(before, { existing: "add" })).refused).toEqual([]);
    const members = await ada.client.organizations.members.list.query({ organizationId: id });
    expect(members).toMatchObject([{ role: "owner" }, { email: bob.email, role: "editor" }]);
  });
});

describe("the id of an imported row", () => {
  it("stays, if it is one of this package", async () => {
    const email = freshEmail();
    const id = v7();
    await run([
      { type: "user", data: { email } },
      { type: "row", user: email, table: "posts", data: { id, title: "x", body: "" } },
    ]);
    expect(await (await asUser(email)).posts.byId({ id })).toMatchObject({ id });
  });
});
