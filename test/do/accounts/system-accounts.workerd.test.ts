import { createHash, pbkdf2Sync, scryptSync } from "node:crypto";
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import type { MembersRouter } from "../../fixtures/app/members.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { countMails, tokenTo } from "../../fixtures/mail.js";
import { addressName, listed, signUpVerified, storesAnything } from "../../fixtures/organizations.js";
import { overHttp, overRpc, overSocket } from "../../fixtures/transports.js";
import { refusalOf } from "../operators/operate.js";

const callerOf = (idempotencyKey?: string) => createCaller<AppRouter>(env.BLOG_DO, { idempotencyKey }).asSystem();
const system = callerOf();
const members = createCaller<MembersRouter>(env.MEMBERS_DO).asSystem();

const unpadded = (bytes: Buffer | string) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
const salt = Buffer.from("0123456789abcdef");
const pbkdf2 = (typed = password) =>
  `$pbkdf2-sha256$i=1000$${unpadded(salt)}$${unpadded(pbkdf2Sync(typed, salt, 1_000, 32, "sha256"))}`;
const sha256 = (typed = password) =>
  `$sha256$${unpadded("2215117")}$${unpadded(createHash("sha256").update(`2215117${typed}`).digest())}`;

const foreignScrypt = (typed = password) =>
  `$scrypt$ln=10,r=8,p=1$${unpadded(salt)}$${unpadded(scryptSync(typed, salt, 64, { N: 1_024, r: 8, p: 1 }))}`;

const storedHash = (userId: string): Promise<string> =>
  runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, { storage }) =>
    String(storage.sql.exec("SELECT password_hash FROM _account").one()["password_hash"]),
  );

const signIn = (email: string, typed = password) =>
  openBrowser().client().auth.login.mutate({ email, password: typed });

describe("admin.users.create", () => {
  it("creates an account with its profile and the time of its creation, without a session and a mail", async () => {
    const email = freshEmail();
    const createdAt = new Date("2020-02-29T12:00:00.123Z");
    const profile = { firstName: "Ada", slug: "Lovelace" };
    const { userId } = await system.admin.users.create({ email, emailVerified: true, createdAt, profile });
    expect(userId).toMatch(/^[0-9a-f]{32}$/);
    const { user, sessions, status } = await system.admin.users.get({ userId });
    expect(user).toMatchObject({ id: userId, email, emailVerified: true, createdAt, roles: ["member"] });
    expect(user).toHaveProperty("profile", { firstName: "Ada", slug: { slug: "lovelace" } });
    expect([sessions, status]).toEqual([[], "active"]);
    expect(countMails(email, "verifyEmail")).toBe(0);
    expect(await system.admin.users.findByEmail({ email })).toEqual({ userId });
    const { items } = await system.admin.audit.list({ targetId: userId });
    expect(items).toMatchObject([{ action: "user.create", outcome: "ok", actor: { type: "system" } }]);
    const own = await createCaller<AppRouter>(env.BLOG_DO).asUser({ userId }).account.audit.list({});
    expect(own.items).toMatchObject([{ action: "account.create", outcome: "ok" }]);
  });

  it("stores the fields that only server code writes, with their defaults", async () => {
    const email = freshEmail();
    const { userId } = await members.admin.users.create({ email, emailVerified: false, fields: { plan: "pro" } });
    const { fields } = await createCaller<MembersRouter>(env.MEMBERS_DO).asUser({ userId }).account.get();
    expect(fields).toEqual({ plan: "pro", credits: 0, badge: null });
  });

  it("creates an account without a password, which the user sets by mail", async () => {
    const email = freshEmail();
    const { userId } = await system.admin.users.create({ email, emailVerified: false });
    for (const typed of [password, "", await storedHash(userId)])
      expect(await refusalOf(signIn(email, typed))).toBe("UNAUTHORIZED WRONG_CREDENTIALS");
    const client = openBrowser().client();
    await client.auth.requestPasswordReset.mutate({ email });
    await client.auth.resetPassword.mutate({ token: await tokenTo(email, "resetPassword"), password });
    expect((await signIn(email)).user).toMatchObject({ id: userId, emailVerified: true });
  });

  it.each([
    ["PBKDF2", pbkdf2],
    ["a salted SHA-256", sha256],
    ["scrypt", foreignScrypt],
  ])("accepts a hash of another system, which the first sign-in replaces: %s", async (_name, hash) => {
    const email = freshEmail();
    const passwordHash = hash();
    const { userId } = await system.admin.users.create({ email, emailVerified: true, passwordHash });
    const imported = await storedHash(userId);
    expect(imported).not.toContain("$sha256$");
    expect(await refusalOf(signIn(email, "another horse battery"))).toBe("UNAUTHORIZED WRONG_CREDENTIALS");
    expect(await storedHash(userId)).toBe(imported);
    expect((await signIn(email)).user.id).toBe(userId);
    const renewed = await storedHash(userId);
    expect(renewed).toMatch(/^\$scrypt\$ln=8,r=8,p=1\$/);
    expect((await signIn(email)).user.id).toBe(userId);
    expect(await storedHash(userId)).toBe(renewed);
  });

  it("replaces the hash once when several sign-ins come at once", async () => {
    const email = freshEmail();
    const { userId } = await system.admin.users.create({ email, emailVerified: true, passwordHash: pbkdf2() });
    const results = await Promise.all(Array.from({ length: 5 }, () => signIn(email)));
    expect(new Set(results.map(({ user }) => user.id))).toEqual(new Set([userId]));
    expect(await storedHash(userId)).toMatch(/^\$scrypt\$/);
  });

  it("creates one account of twenty at once", async () => {
    const email = freshEmail();
    const calls = Array.from({ length: 20 }, () => system.admin.users.create({ email, emailVerified: true }));
    const results = await Promise.allSettled(calls);
    const created = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.userId] : []));
    expect(created).toHaveLength(1);
    for (const call of calls) expect(["none", "CONFLICT EMAIL_TAKEN"]).toContain(await refusalOf(call));
    expect(await system.admin.users.findByEmail({ email })).toEqual({ userId: created[0] });
  });

  it("creates one account beside sign-ups at the same time", async () => {
    const email = freshEmail();
    const calls = [
      openBrowser().client().auth.signup.mutate({ email, password }),
      system.admin.users.create({ email, emailVerified: false }),
      openBrowser().client().auth.signup.mutate({ email, password: "another horse battery" }),
    ];
    const outcomes = await Promise.all(calls.map(refusalOf));
    expect(outcomes.filter((outcome) => outcome === "none")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "CONFLICT EMAIL_TAKEN")).toHaveLength(2);
  });

  it("refuses an address that has an account, and leaves that account unchanged", async () => {
    const { email, user } = await signUp();
    const before = await storedHash(user.id);
    const call = system.admin.users.create({
      email: email.toUpperCase(),
      emailVerified: true,
      passwordHash: pbkdf2("another horse battery"),
    });
    expect(await refusalOf(call)).toBe("CONFLICT EMAIL_TAKEN");
    expect(await storedHash(user.id)).toBe(before);
    expect((await signIn(email)).user).toMatchObject({ id: user.id, emailVerified: false });
  });

  it("returns the same user for a repeat with the same idempotency key", async () => {
    const email = freshEmail();
    const key = crypto.randomUUID();
    const input = { email, emailVerified: true };
    const { userId } = await callerOf(key).admin.users.create(input);
    expect(await callerOf(key).admin.users.create(input)).toEqual({ userId });
    expect(await refusalOf(callerOf(crypto.randomUUID()).admin.users.create(input))).toBe("CONFLICT EMAIL_TAKEN");
  });

  it("gives a verified user the invitations that wait at the address, and others none", async () => {
    const ada = await signUpVerified();
    const { id: organizationId } = await ada.client.organizations.create.mutate({ name: "Acme" });
    for (const emailVerified of [true, false]) {
      const email = freshEmail();
      await ada.client.organizations.invitations.create.mutate({ organizationId, email, role: "member" });
      const { userId } = await system.admin.users.create({ email, emailVerified, passwordHash: pbkdf2() });
      const client = openBrowser().client();
      await client.auth.login.mutate({ email, password });
      if (emailVerified) await expect.poll(() => listed({ client })).toHaveProperty("size", 1);
      else expect((await listed({ client })).size).toBe(0);
      expect(userId).not.toBe(ada.user.id);
    }
  });

  it("does not run the hook of a sign-up", async () => {
    const email = `refused-${freshEmail()}`;
    const { userId } = await system.admin.users.create({ email, emailVerified: true });
    expect((await system.admin.users.get({ userId })).user.email).toBe(email);
  });

  const [, , , salt64 = "", hash64 = ""] = pbkdf2().split("$");
  it.each([
    ["BAD_REQUEST EMAIL_INVALID", { email: "ada" }],
    ["BAD_REQUEST DATE_IN_FUTURE", { createdAt: new Date(Date.now() + 60 * 60_000) }],
    ["BAD_REQUEST undefined", { createdAt: new Date(-1) }],
    ["BAD_REQUEST undefined", { createdAt: new Date(Number.NaN) }],
    ["BAD_REQUEST undefined", { createdAt: "2020-01-01" }],
    ["BAD_REQUEST undefined", { emailVerified: undefined }],
    ["BAD_REQUEST undefined", { id: "0".repeat(32) }],
    ["BAD_REQUEST undefined", { profile: { admin: true } }],
    ["BAD_REQUEST undefined", { profile: { firstName: 1 } }],
    ["PAYLOAD_TOO_LARGE FIELDS_TOO_LARGE", { profile: { about: "a".repeat(40_000) } }],
    ["BAD_REQUEST undefined", { passwordHash: "$".repeat(600) }],
    ["BAD_REQUEST PASSWORD_HASH_INVALID", { passwordHash: "" }],
    ["BAD_REQUEST PASSWORD_HASH_INVALID", { passwordHash: "hunter2" }],
    ["BAD_REQUEST PASSWORD_HASH_INVALID", { passwordHash: `$scrypt$ln=30,r=8,p=1$${salt64}$${hash64}` }],
    ["BAD_REQUEST PASSWORD_HASH_INVALID", { passwordHash: `$pbkdf2-sha256$i=999999999$${salt64}$${hash64}` }],
    ["BAD_REQUEST PASSWORD_HASH_INVALID", { passwordHash: `$argon2id$v=19$m=65536,t=3,p=4$${salt64}$${hash64}` }],
  ])("rejects an input with %s and stores nothing: %j", async (refusal, patch) => {
    const email = freshEmail();
    const input = { email, emailVerified: true, ...patch };
    const mutate = overRpcAsSystem();
    expect(await refusalOf(mutate("admin.users.create", input))).toBe(refusal);
    expect(await storesAnything(await addressName(email))).toBe(false);
  });

  it("rejects fields that do not match the schema, and frees the address", async () => {
    const email = freshEmail();
    for (const fields of [{ plan: "gold" }, { unknown: 1 }]) {
      const input = { email, emailVerified: true, fields };
      expect(await refusalOf(members.admin.users.create(input as never))).toBe("BAD_REQUEST INPUT_INVALID");
    }
    expect(await members.admin.users.findByEmail({ email })).toBeNull();
    expect(await refusalOf(members.admin.users.create({ email, emailVerified: true }))).toBe("none");
  });
});

/** A caller of procedures by path, past the types. */
function overRpcAsSystem() {
  const proxy = system as unknown as Record<string, any>;
  return (path: string, input: unknown): Promise<unknown> =>
    path.split(".").reduce((found: any, name) => found[name], proxy)(input);
}

describe("procedures for the app itself", () => {
  it("reject a superadmin and everybody else over every transport, and change nothing", async () => {
    const operator = await signUp();
    await system.admin.roles.assign({ userId: operator.user.id, role: "superadmin", reason: "A test." });
    const { id: organizationId } = await operator.client.organizations.create.mutate({ name: "Acme" });
    const victim = await signUp();
    const email = freshEmail();
    const calls: readonly (readonly [string, object])[] = [
      ["admin.users.create", { email, emailVerified: true }],
      ["admin.users.createSession", { userId: victim.user.id }],
      ["admin.users.createSession", { userId: operator.user.id }],
      ["organizations.members.add", { organizationId, userId: victim.user.id, role: "member" }],
      ["admin.users.create", { email: 1 }],
    ];
    const transports = [
      ...(["single", "batch", "batch-stream"] as const).map((name) => overHttp(operator.browser, name)),
      await overSocket(operator.browser),
      await overSocket(operator.browser, "/trpc?app"),
      await overSocket(operator.browser, `/trpc?organizationId=${organizationId}`),
      overRpc(operator.user.id),
    ];
    for (const [path, input] of calls) {
      for (const transport of transports) {
        expect(await refusalOf(transport.mutate(path, input)), `${path} ${transport.name}`).toMatch(
          /^FORBIDDEN (SYSTEM_ONLY|WRONG_OBJECT)$/,
        );
      }
      expect(await refusalOf(overHttp(openBrowser(), "batch").mutate(path, input))).toMatch(/^UNAUTHORIZED/);
      expect(await refusalOf(overHttp(victim.browser, "batch").mutate(path, input))).toMatch(
        /^FORBIDDEN (SYSTEM_ONLY|NOT_A_MEMBER)$/,
      );
    }
    expect(await storesAnything(await addressName(email))).toBe(false);
    expect(await victim.client.sessions.list.query()).toHaveLength(1);
    expect(await operator.client.organizations.members.list.query({ organizationId })).toHaveLength(1);
  });
});
