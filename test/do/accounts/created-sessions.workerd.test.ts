import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createCaller, createSessionCookies } from "trpc-userdo/worker";
import { describe, expect, it } from "vitest";
import { randomId } from "../../../src/shared/random-id.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, origin, password, send, signUp, type Browser } from "../../fixtures/browser.js";
import { refusalOf, suspend, unsuspend } from "../operators/operate.js";

const callerOf = (idempotencyKey?: string) => createCaller<AppRouter>(env.BLOG_DO, { idempotencyKey }).asSystem();
const system = callerOf();
const sessionCookies = createSessionCookies({ binding: "BLOG_DO" });
const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

const meWith = async (accessToken: string) => {
  const response = await send("/trpc/auth.me", { headers: { Authorization: `Bearer ${accessToken}` } });
  return { status: response.status, body: await response.json<any>() };
};

/** The request of a browser to the app's own route, which signs it in. */
function requestOf({ cookies }: Browser): Request {
  const cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");
  return new Request(`${origin}/sso`, { headers: { cookie, "user-agent": userAgent } });
}

async function signInThrough(browser: Browser, userId: string) {
  const request = requestOf(browser);
  const created = await system.admin.users.createSession({ userId, device: sessionCookies.device(request) });
  for (const line of await sessionCookies.set(request, env, created.tokens)) {
    const [pair = ""] = line.split("; ");
    const [name = "", value = ""] = pair.split("=");
    if (line.includes("Max-Age=0")) browser.cookies.delete(name);
    else browser.cookies.set(name, value);
  }
  return created;
}

describe("admin.users.createSession", () => {
  it("returns the tokens of a new session, which is audited in both logs", async () => {
    const { user, email, client } = await signUp();
    const created = await system.admin.users.createSession({ userId: user.id, device: { label: "SSO" } });
    expect(created.user).toMatchObject({ id: user.id, email });
    const me = await meWith(created.tokens.accessToken);
    expect(me.status).toBe(200);
    expect(me.body.result.data.json.session.id).toBe(created.session.id);
    const sessions = await client.sessions.list.query();
    expect(sessions.find(({ id }) => id === created.session.id)).toMatchObject({ device: "SSO", current: false });
    const { items } = await client.account.audit.list.query({ action: "session.create" });
    expect(items).toMatchObject([{ outcome: "ok", sessionId: created.session.id }]);
    const log = await system.admin.audit.list({ targetId: user.id });
    expect(log.items).toMatchObject([{ action: "user.createSession", outcome: "ok", actor: { type: "system" } }]);
  });

  it("returns a refresh token that is renewed as after any sign-in", async () => {
    const { user } = await signUp();
    const { tokens } = await system.admin.users.createSession({ userId: user.id });
    const client = openBrowser().client();
    const renewed = await client.auth.refresh.mutate({ refreshToken: tokens.refreshToken });
    expect((await meWith(renewed.tokens?.accessToken ?? "")).status).toBe(200);
    expect(tokens.deviceToken).toBeUndefined();
  });

  it("signs a browser in by cookies, and replaces the session of another user", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const { browser } = bob;
    const created = await signInThrough(browser, ada.user.id);
    const me = await browser.client().auth.me.query();
    expect([me.user.id, me.session.id]).toEqual([ada.user.id, created.session.id]);
    const [listed] = await browser.client().sessions.list.query();
    expect(listed).toMatchObject({ device: "Firefox on Linux", current: true });
    await browser.client().auth.logout.mutate();
    expect(await refusalOf(browser.client().auth.me.query())).toMatch(/^UNAUTHORIZED/);
  });

  it("marks the browser as a known device of the user, and keeps the marks of others", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const { browser } = bob;
    await signInThrough(browser, ada.user.id);
    const deviceToken = [...browser.cookies].find(([name]) => name.endsWith("-device"))?.[1] ?? "";
    expect(deviceToken.split(".")).toHaveLength(3);
  });

  it("works for an account without a password", async () => {
    const { userId } = await system.admin.users.create({ email: freshEmail(), emailVerified: true });
    const browser = openBrowser();
    await signInThrough(browser, userId);
    expect((await browser.client().auth.me.query()).user.id).toBe(userId);
  });

  it("refuses a suspended user, and records it", async () => {
    const { user } = await signUp();
    await suspend(user);
    const call = () => system.admin.users.createSession({ userId: user.id });
    expect(await refusalOf(call())).toBe("FORBIDDEN ACCOUNT_SUSPENDED");
    const { items } = await system.admin.audit.list({ targetId: user.id, action: "user.createSession" });
    expect(items).toMatchObject([{ outcome: "failed", failure: "ACCOUNT_SUSPENDED" }]);
    await unsuspend(user);
    expect(await refusalOf(call())).toBe("none");
  });

  it("refuses a user who does not exist or deleted the account, and creates nothing", async () => {
    const { user, client } = await signUp();
    await client.account.delete.mutate({ password });
    for (const userId of [randomId(), user.id])
      expect(await refusalOf(system.admin.users.createSession({ userId }))).toBe("NOT_FOUND USER_NOT_FOUND");
    expect(await refusalOf(system.admin.users.createSession({ userId: "user:x" }))).toMatch(/^BAD_REQUEST/);
  });

  it("runs the hook of a sign-in, which can refuse", async () => {
    const { userId } = await system.admin.users.create({ email: `banned-${freshEmail()}`, emailVerified: true });
    expect(await refusalOf(system.admin.users.createSession({ userId }))).toMatch(/^FORBIDDEN/);
    expect((await system.admin.users.get({ userId })).sessions).toEqual([]);
  });

  it("does not store its reply with an idempotency key, because it has credentials", async () => {
    const { user } = await signUp();
    const key = randomId();
    const first = await callerOf(key).admin.users.createSession({ userId: user.id });
    const second = await callerOf(key).admin.users.createSession({ userId: user.id });
    expect(second.session.id).not.toBe(first.session.id);
    const stored = await runInDurableObject(env.BLOG_DO.getByName("app:main"), (_instance, { storage }) =>
      storage.sql
        .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray()
        .map(({ name }) => JSON.stringify(storage.sql.exec(`SELECT * FROM "${String(name)}"`).toArray()))
        .join(),
    );
    for (const { tokens } of [first, second]) {
      expect(stored).not.toContain(tokens.refreshToken);
      expect(stored).not.toContain(tokens.accessToken);
    }
  });

  it("obeys the limit of sessions of a user", async () => {
    const { user } = await signUp();
    for (let count = 0; count < 105; count++) await system.admin.users.createSession({ userId: user.id });
    expect((await system.admin.users.get({ userId: user.id })).sessions.length).toBeLessThanOrEqual(100);
  });
});

describe("the data of a session that a Worker names", () => {
  const asUser = (userId: string, sessionId?: string) =>
    createCaller<AppRouter>(env.BLOG_DO).asUser({ userId, sessionId }).sessions.data;

  it("is read and written by the Worker and by the session itself", async () => {
    const { user, session, client } = await signUp();
    const data = asUser(user.id, session.id);
    expect(await data.get()).toBeNull();
    await data.set({ cart: ["a"] });
    expect(await client.sessions.data.get.query()).toEqual({ cart: ["a"] });
    await client.sessions.data.merge.mutate({ step: 2 });
    expect(await data.merge({ cart: [] })).toEqual({ cart: [], step: 2 });
    expect(await data.clear()).toBe(true);
    expect(await client.sessions.data.get.query()).toBeNull();
  });

  it("is not found without a session, for an ended one and for another user's", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    await ada.client.sessions.data.set.mutate({ cart: ["canary"] });
    expect(await refusalOf(asUser(ada.user.id).get())).toBe("NOT_FOUND NO_SESSION");
    for (const [userId, sessionId] of [
      [bob.user.id, ada.session.id],
      [ada.user.id, randomId()],
      [ada.user.id, ""],
    ] as const) {
      const data = asUser(userId, sessionId);
      const calls = [() => data.get(), () => data.set({ cart: [] }), () => data.merge({ step: 1 }), () => data.clear()];
      for (const call of calls) expect(await refusalOf(call())).toBe("NOT_FOUND SESSION_NOT_FOUND");
    }
    expect(await ada.client.sessions.data.get.query()).toEqual({ cart: ["canary"] });
    await ada.client.auth.logout.mutate();
    expect(await refusalOf(asUser(ada.user.id, ada.session.id).get())).toBe("NOT_FOUND SESSION_NOT_FOUND");
  });

  it("has its own idempotency key in each session", async () => {
    const { user, session, email } = await signUp();
    const other = (await openBrowser().client().auth.login.mutate({ email, password })).session;
    const caller = createCaller<AppRouter>(env.BLOG_DO, { idempotencyKey: randomId() });
    for (const sessionId of [session.id, other.id])
      await caller.asUser({ userId: user.id, sessionId }).sessions.data.set({ cart: ["a"] });
    for (const sessionId of [session.id, other.id])
      expect(await asUser(user.id, sessionId).get()).toEqual({ cart: ["a"] });
  });

  it("keeps the named session when the others are ended", async () => {
    const { user, session, email, client } = await signUp();
    await openBrowser().client().auth.login.mutate({ email, password });
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id, sessionId: session.id });
    expect(await caller.sessions.revokeOthers()).toBe(1);
    expect((await client.auth.me.query()).session.id).toBe(session.id);
  });
});
