import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { toName } from "../../../src/shared/owner.js";
import { failMail } from "../../fixtures/app/mailbox.js";
import { freshEmail, openBrowser, password, sessionCookies, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { mailTo, tokenTo, openChangeLink } from "../../fixtures/mail.js";
import { signUpVerified } from "../../fixtures/organizations.js";
import { openSocket } from "../../fixtures/socket.js";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { AppRouter } from "../../fixtures/app/router.js";

const anonymousClient = () => openBrowser().client();

/** All values that an object stores, as text. */
async function storedIn(name: string): Promise<string> {
  return runInDurableObject(env.BLOG_DO.getByName(name), async (_instance, state) => {
    const { sql } = state.storage;
    const names = sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray();
    const rows = names.map(({ name: table }) => [table, sql.exec(`SELECT * FROM "${String(table)}"`).toArray()]);
    return rows.length === 0 && (await state.storage.getAlarm()) === null ? "" : JSON.stringify(rows);
  });
}

/** An index object without tables. It may still store the counts of its mails, which the alarm deletes. */
const countsAlone = "[]";

const indexName = async (email: string) => toName(await emailObjectAddress(env.INDEX_SECRET, email));

describe("the account", () => {
  it("stores a profile at sign-up, returns it with the user, and updates it field by field", async () => {
    const browser = openBrowser();
    const client = browser.client();
    const born = new Date("1815-12-10T00:00:00.000Z");
    const email = freshEmail();
    const { user } = await client.auth.signup.mutate({ email, password, profile: { firstName: "Ada", born } });
    expect(user.profile).toEqual({ firstName: "Ada", born });
    expect((await client.auth.me.query()).user.profile.born).toEqual(born);
    const updated = await client.account.update.mutate({ profile: { lastName: "Lovelace", born: null } });
    expect(updated.profile).toEqual({ firstName: "Ada", lastName: "Lovelace" });
    expect(await client.account.get.query()).toEqual(updated);
    expect((await anonymousClient().auth.login.mutate({ email, password })).user.profile).toEqual(updated.profile);
  });

  it.each([
    ["an unknown field", { profile: { role: "admin" } }],
    ["a value of another type", { profile: { firstName: 1 } }],
    ["a key beside the profile", { profile: {}, emailVerified: true }],
    ["too long a value", { profile: { firstName: "a".repeat(101) } }],
  ])("refuses %s and changes nothing", async (_name, input) => {
    const { client } = await signUp();
    expect(await codeOf(client.account.update.mutate(input as { profile: object }))).toBe("BAD_REQUEST");
    const signup = { email: freshEmail(), password, ...input } as { email: string; password: string };
    expect(await codeOf(anonymousClient().auth.signup.mutate(signup))).toBe("BAD_REQUEST");
    expect((await client.account.get.query()).profile).toEqual({});
  });

  it("requires the password for a deletion", async () => {
    const { client } = await signUp();
    expect(await codeOf(client.account.delete.mutate({ password: "not the password" }))).toBe("UNAUTHORIZED");
    expect(await codeOf(client.auth.me.query())).toBe("none");
    expect(await codeOf(anonymousClient().account.delete.mutate({ password }))).toBe("UNAUTHORIZED");
  });

  it("deletes everything of the account: in the user's object, in the index, and open sockets", async () => {
    const { browser, client, email, user } = await signUpVerified();
    await client.posts.create.mutate({ title: "Gone", body: "" });
    const elsewhere = openBrowser();
    await elsewhere.client().auth.login.mutate({ email, password });
    const socket = await openSocket(elsewhere);

    await client.account.delete.mutate({ password });
    expect(await storedIn(`user:${user.id}`)).toBe("");
    expect(await storedIn(await indexName(email))).toBe(countsAlone);
    expect((await socket.closed).code).toBe(4401);
    expect(sessionCookies(browser)).toEqual([]);
    expect(await codeOf(elsewhere.client().auth.me.query())).toBe("UNAUTHORIZED");
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
    await expect(createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id }).posts.list()).rejects.toThrow(
      "This user does not exist.",
    );
    await mailTo(email, "accountDeleted");

    const again = await signUp(email);
    expect(again.user.id).not.toBe(user.id);
    expect(await again.client.posts.list.query()).toEqual([]);
    expect(await storedIn(`user:${user.id}`)).toBe("");
  });

  it("cancels a pending change of address when it is deleted", async () => {
    const { client, user } = await signUp();
    const target = freshEmail();
    await client.auth.changeEmail.mutate({ email: target, password });
    const token = await tokenTo(target, "changeEmail");
    await client.account.delete.mutate({ password });
    expect(await storedIn(`user:${user.id}`)).toBe("");
    expect(await storedIn(await indexName(target))).toBe(countsAlone);
    expect(await codeOf(openChangeLink(token))).toBe("BAD_REQUEST");
  });

  it("is deleted although the notice of its deletion cannot be mailed yet; only the erasure of its storage waits", async () => {
    const { client, email, user } = await signUpVerified();
    failMail(email, 1);
    await client.account.delete.mutate({ password });
    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
    expect(await storedIn(`user:${user.id}`)).not.toContain("scrypt");
    expect(await storedIn(await indexName(email))).toBe(countsAlone);
    await mailTo(email, "accountDeleted");
    await vi.waitFor(
      async () => {
        await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), async (_instance, state) => {
          const [due] = state.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = '_deletion'").toArray();
          if (!due) return;
          state.storage.sql.exec("UPDATE _deletion SET next_at = 1");
          await state.storage.setAlarm(1);
        });
        expect(await storedIn(`user:${user.id}`)).toBe("");
      },
      { timeout: 10_000, interval: 200 },
    );
  });

  it("keeps everything when onDelete refuses the deletion", async () => {
    const { client } = await signUp(`kept-${freshEmail()}`);
    expect(await codeOf(client.account.delete.mutate({ password }))).toBe("CONFLICT");
    expect(await codeOf(client.auth.me.query())).toBe("none");
  });

  it("exports all its data without secrets", async () => {
    const { client, email, user } = await signUp();
    const seen = new Date();
    const target = freshEmail();
    await client.kv.preferences.set.mutate({ value: { theme: "dark" } });
    await client.sessions.data.set.mutate({ cart: ["tea"], seen });
    await client.organizations.create.mutate({ name: "Acme" });
    await client.auth.changeEmail.mutate({ email: target, password });
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (instance) => {
      const { notes } = (instance as any).tables as { notes: { create(note: { text: string }): void } };
      for (let count = 0; count < 405; count++) notes.create({ text: `note ${count}` });
    });
    await client.posts.create.mutate({ title: "One", body: "…" });
    const records = await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), async () => {
      const found: { type: string; table?: string; data: object }[] = [];
      const stream = await createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id }).account.export();
      for await (const record of stream) found.push(record);
      return found;
    });
    expect(records[0]).toMatchObject({ type: "account", data: { email, id: user.id } });
    expect(records.filter(({ table }) => table === "notes")).toHaveLength(405);
    expect(records.filter(({ table }) => table === "posts")).toHaveLength(1);
    const types = new Set(records.map(({ type }) => type));
    expect(types).toEqual(new Set(["account", "emailChange", "session", "organization", "row", "key", "audit"]));
    expect(records.find(({ type }) => type === "emailChange")?.data).toEqual({ email: target });
    expect(records.find(({ type }) => type === "session")?.data).toMatchObject({ data: { cart: ["tea"], seen } });
    expect(records.find(({ type }) => type === "organization")?.data).toMatchObject({ name: "Acme", role: "owner" });
    expect(records.find(({ type }) => type === "key")?.data).toMatchObject({
      key: "preferences",
      value: { theme: "dark" },
    });
    expect(JSON.stringify(records)).not.toMatch(/scrypt|hash|digest/i);
  });

  it("lists audit entries from the newest to the oldest, page by page", async () => {
    const { browser, client, email, session } = await signUp();
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password: "not the password" }))).toBe(
      "UNAUTHORIZED",
    );
    const response = await browser.fetch("/trpc/auth.logoutEverywhere", {
      method: "POST",
      headers: { "content-type": "application/json", "cf-ray": "8a1b2c3d4e5f-FRA", "cf-connecting-ip": "203.0.113.7" },
    });
    expect(response.status).toBe(200);
    await client.auth.login.mutate({ email, password });
    await client.account.update.mutate({ profile: { firstName: "Ada" } });

    const { items: entries } = await client.account.audit.list.query({});
    expect(entries.map(({ action, outcome }) => [action, outcome])).toEqual([
      ["profile.update", "ok"],
      ["login", "ok"],
      ["session.revoke", "ok"],
      ["login", "failed"],
      ["signup", "ok"],
    ]);
    expect(entries[2]).toMatchObject({ sessionId: session.id, requestId: "8a1b2c3d4e5f-FRA", network: "203.0.113.7" });
    expect(entries[4]).toMatchObject({ sessionId: session.id, at: expect.any(Date) });
    expect(JSON.stringify(entries)).not.toMatch(/password:|horse|@/);

    await openBrowser().client().auth.login.mutate({ email, password });
    await client.sessions.revokeOthers.mutate();
    const [newest] = (await client.account.audit.list.query({ limit: 1, action: "session.revoke" })).items;
    expect(newest?.at.getTime()).toBeGreaterThan(entries[0]!.at.getTime());

    const first = await client.account.audit.list.query({ limit: 2, to: entries[0]!.at });
    const second = await client.account.audit.list.query({ limit: 2, cursor: first.nextCursor!, to: entries[0]!.at });
    expect([...first.items, ...second.items]).toEqual(entries.slice(1, 5));
    for (const cursor of ["", "0", "-1", "1.5", "yesterday"]) {
      await expect(client.account.audit.list.query({ cursor })).rejects.toMatchObject({
        data: { code: "BAD_REQUEST", reason: "CURSOR_INVALID" },
      });
    }
    const infinite = { limit: 2, cursor: null, direction: "forward" as const, to: entries[0]!.at };
    expect(await client.account.audit.list.query(infinite)).toEqual(first);
    const failed = await client.account.audit.list.query({ action: "login" });
    expect(failed.items).toHaveLength(3);
    const later = await client.account.audit.list.query({ from: new Date(Date.now() + 60_000) });
    expect(later).toEqual({ items: [], nextCursor: null });
    expect((await client.account.audit.list.query({ to: entries[4]!.at })).items).toEqual([]);
    expect((await client.account.audit.list.query({ from: entries[4]!.at })).items).toHaveLength(7);
  });
});

it("records a new password that could not be checked against breaches", async () => {
  const client = openBrowser().client("batch", "/other");
  await client.auth.signup.mutate({ email: freshEmail(), password });
  await client.auth.changePassword.mutate({ currentPassword: password, newPassword: "another horse battery" });
  const { items: entries } = await client.account.audit.list.query();
  expect(entries.map(({ action, outcome }) => [action, outcome])).toEqual([
    ["password.lookUp", "failed"],
    ["password.change", "ok"],
    ["password.lookUp", "failed"],
    ["signup", "ok"],
  ]);
});

describe("account hooks", () => {
  it("commit what onSignup writes in the transaction of the sign-up", async () => {
    const browser = openBrowser();
    const client = browser.client();
    await client.auth.signup.mutate({ email: `welcome-${freshEmail()}`, password, profile: { firstName: "Ada" } });
    expect((await client.notes.list.query()).map(({ text }) => text)).toEqual(["Welcome, Ada."]);
    expect(await client.kv.preferences.get.query()).toEqual({ theme: "dark" });
  });

  it("reject a sign-up and leave nothing of it when onSignup throws", async () => {
    for (const [name, code] of [
      ["refused", "FORBIDDEN"],
      ["late", "FORBIDDEN"],
      ["broken", "INTERNAL_SERVER_ERROR"],
    ]) {
      const email = `${name}-${freshEmail()}`;
      expect(await codeOf(anonymousClient().auth.signup.mutate({ email, password }))).toBe(code);
      expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
    }
    for (const name of ["refused", "late"]) {
      const email = `${name}-${freshEmail()}`;
      await codeOf(anonymousClient().auth.signup.mutate({ email, password }));
      expect(await storedIn(await indexName(email))).toBe("");
    }
  });

  it("delay a sign-in until onLogin has finished, and reject it when onLogin throws", async () => {
    const { email } = await signUp(`banned-${freshEmail()}`);
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("FORBIDDEN");
    const counted = await signUp(`counted-${freshEmail()}`);
    const { session } = await counted.client.auth.login.mutate({ email: counted.email, password });
    expect((await counted.client.notes.list.query()).map(({ text }) => text)).toEqual([session.id]);
  });
});
