import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { toName } from "../../../src/shared/owner.js";
import { freshEmail, openBrowser, password, sessionCookies, type Browser } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, mailTo } from "../../fixtures/mail.js";

const MINUTE = 60_000;
const another = "another horse battery";

afterEach(() => void vi.useRealTimers());

const signUpIn = (browser: Browser, email: string, secret = password) =>
  browser.client("http").auth.signup.mutate({ email, password: secret });
const codeIn = (browser: Browser, email: string, secret = password) => codeOf(signUpIn(browser, email, secret));
const login = (email: string, secret: string) =>
  codeOf(openBrowser().client().auth.login.mutate({ email, password: secret }));

const storedIn = (userId: string, query: string) =>
  runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, { storage }) =>
    storage.sql.exec(query).toArray(),
  );
async function failuresOf(email: string): Promise<number> {
  const index = env.BLOG_DO.getByName(toName(await emailObjectAddress(env.INDEX_SECRET, email)));
  return runInDurableObject(index, (_instance, { storage }) => {
    const [row] = storage.sql.exec("SELECT count FROM _throttle WHERE name = 'account'").toArray();
    return Number(row?.["count"] ?? 0);
  });
}

describe("a sign-up that is sent twice at once", () => {
  it("is answered like the first, with one account, a session for each, and one mail", async () => {
    const email = freshEmail();
    const browser = openBrowser();
    const [first, second] = await Promise.all([signUpIn(browser, email), signUpIn(browser, email)]);
    expect(second.user).toEqual(first.user);
    expect(second.session.id).not.toBe(first.session.id);
    const me = await browser.client().auth.me.query();
    expect(me.user).toEqual(first.user);
    expect([first.session.id, second.session.id]).toContain(me.session.id);
    expect(await browser.client().sessions.list.query()).toHaveLength(2);
    await mailTo(email, "verifyEmail");
    expect(countMails(email, "verifyEmail")).toBe(1);
    const audit = await storedIn(first.user.id, "SELECT action, outcome FROM _audit ORDER BY id");
    expect(audit).toEqual([
      { action: "signup", outcome: "ok" },
      { action: "login", outcome: "ok" },
    ]);
  });

  it("creates one account for twenty calls, and answers concurrent ones with it", async () => {
    const email = freshEmail();
    const calls = await Promise.allSettled(Array.from({ length: 20 }, () => signUpIn(openBrowser(), email)));
    const answers = calls.flatMap((call) => (call.status === "fulfilled" ? [call.value] : []));
    expect(answers.length).toBeGreaterThan(1);
    expect(new Set(answers.map(({ user }) => user.id)).size).toBe(1);
    expect(new Set(answers.map(({ session }) => session.id)).size).toBe(answers.length);
    // On a busy machine a call may arrive when the account exists already. It comes from another browser.
    for (const call of calls) {
      if (call.status === "rejected") expect(call.reason).toMatchObject({ data: { code: "CONFLICT" } });
    }
    expect(await failuresOf(email)).toBe(0);
  });

  it("gets the same answer by form and with tokens in the body", async () => {
    const email = freshEmail();
    const browser = openBrowser();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ email, password, next: "/welcome" }).toString();
    const [form, again, tokens] = await Promise.all([
      browser.fetch("/trpc/form/signup", { method: "POST", headers, body, redirect: "manual" }),
      browser.fetch("/trpc/form/signup", { method: "POST", headers, body, redirect: "manual" }),
      openBrowser().client().auth.signup.mutate({ email, password, tokens: "body" }),
    ]);
    for (const response of [form, again]) expect(response.headers.get("location")).toMatch(/\/welcome$/);
    const bearer = { Authorization: `Bearer ${tokens.tokens?.accessToken}` };
    expect((await openBrowser().fetch("/trpc/auth.me", { headers: bearer })).status).toBe(200);
    expect((await browser.client().auth.me.query()).user.id).toBe(tokens.user.id);
  });

  it("accepts the password in another Unicode form", async () => {
    const email = freshEmail();
    const secret = "caf\u00E9 horse battery";
    const codes = await Promise.all(
      [secret, secret.normalize("NFD")].map((each) => codeIn(openBrowser(), email, each)),
    );
    expect(codes).toEqual(["none", "none"]);
  });

  it("keeps the first one's profile", async () => {
    const email = freshEmail();
    const names = ["Ada", "Eve"];
    const answers = await Promise.all(
      names.map((firstName) => openBrowser().client().auth.signup.mutate({ email, password, profile: { firstName } })),
    );
    expect(answers[0]?.user.profile).toEqual(answers[1]?.user.profile);
  });

  it("is CONFLICT with another password, sets no cookies, and counts as a guess", async () => {
    const email = freshEmail();
    const browsers = [openBrowser(), openBrowser()];
    const codes = await Promise.all([codeIn(browsers[0]!, email), codeIn(browsers[1]!, email, another)]);
    expect(codes.toSorted()).toEqual(["CONFLICT", "none"]);
    const loser = browsers[codes.indexOf("CONFLICT")]!;
    expect([...loser.cookies.keys()]).toEqual([]);
    expect(await failuresOf(email)).toBe(1);
    const { user } = await browsers[codes.indexOf("none")]!.client().auth.me.query();
    expect(await storedIn(user.id, "SELECT id FROM _sessions")).toHaveLength(1);
  });

  it("signs one caller in for twenty passwords, and does not permit faster guesses than a sign-in", async () => {
    const email = freshEmail();
    const secrets = Array.from({ length: 20 }, (_, index) => `horse number ${index} of twenty`);
    const codes = await Promise.all(secrets.map((secret) => codeIn(openBrowser(), email, secret)));
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    expect(codes.filter((code) => code === "CONFLICT")).toHaveLength(19);
    // Five passwords are checked. The other calls are refused before that.
    expect(await failuresOf(email)).toBe(5);
    expect(await login(email, secrets[codes.indexOf("none")]!)).toBe("TOO_MANY_REQUESTS");
  });

  it("is CONFLICT after guesses used up the free tries, whatever the password", async () => {
    const email = freshEmail();
    for (let tries = 0; tries < 6; tries++) await login(email, "not the password");
    const codes = await Promise.all([codeIn(openBrowser(), email), codeIn(openBrowser(), email)]);
    expect(codes.toSorted()).toEqual(["CONFLICT", "none"]);
  });

  it("creates the account if the first one fails", async () => {
    const email = freshEmail();
    const [weak, good] = await Promise.all([codeIn(openBrowser(), email, "short"), codeIn(openBrowser(), email)]);
    expect([weak, good]).toEqual(["BAD_REQUEST", "none"]);
    const refused = `refused-${freshEmail()}`;
    const codes = await Promise.all([codeIn(openBrowser(), refused), codeIn(openBrowser(), refused)]);
    expect(codes).toEqual(["FORBIDDEN", "FORBIDDEN"]);
    const late = `late-${freshEmail()}`;
    const lateCodes = await Promise.all([codeIn(openBrowser(), late), codeIn(openBrowser(), late)]);
    expect(lateCodes).toEqual(["FORBIDDEN", "FORBIDDEN"]);
  });

  it("runs `onLogin`, which may refuse the second", async () => {
    const email = `banned-${freshEmail()}`;
    const codes = await Promise.all([codeIn(openBrowser(), email), codeIn(openBrowser(), email)]);
    expect(codes.toSorted()).toEqual(["FORBIDDEN", "none"]);
  });
});

describe("a sign-up after the first was answered", () => {
  it("is answered like the first in the same browser within a minute", async () => {
    const email = freshEmail();
    const browser = openBrowser();
    const { user } = await signUpIn(browser, email);
    expect((await signUpIn(browser, email)).user).toEqual(user);
    expect(await codeIn(browser, email, another)).toBe("CONFLICT");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * MINUTE });
    expect(await codeIn(browser, email)).toBe("CONFLICT");
    expect(sessionCookies(browser)).toHaveLength(4);
  });

  it("does not permit faster guesses than a sign-in in the same browser", async () => {
    const email = freshEmail();
    const browser = openBrowser();
    await signUpIn(browser, email);
    for (let tries = 0; tries < 6; tries++)
      expect(await codeIn(browser, email, `${another} ${tries}`)).toBe("CONFLICT");
    expect(await codeIn(browser, email)).toBe("CONFLICT");
    expect(await codeOf(browser.client().auth.login.mutate({ email, password }))).toBe("TOO_MANY_REQUESTS");
  });

  it("is CONFLICT in another browser, without checking its password", async () => {
    const email = freshEmail();
    const { user } = await signUpIn(openBrowser(), email);
    const browser = openBrowser();
    // The browser has a device cookie of another account.
    await signUpIn(browser, freshEmail());
    for (const secret of [password, another]) {
      expect(await codeIn(openBrowser(), email, secret)).toBe("CONFLICT");
      expect(await codeIn(browser, email, secret)).toBe("CONFLICT");
    }
    expect(await failuresOf(email)).toBe(0);
    expect(await storedIn(user.id, "SELECT id FROM _sessions")).toHaveLength(1);
  });

  it("is CONFLICT for an account that an earlier version created", async () => {
    const email = freshEmail();
    const browser = openBrowser();
    await signUpIn(browser, email);
    const index = env.BLOG_DO.getByName(toName(await emailObjectAddress(env.INDEX_SECRET, email)));
    await runInDurableObject(index, (_instance, { storage }) => {
      storage.sql.exec("UPDATE _pointer SET until = NULL");
    });
    expect(await codeIn(browser, email)).toBe("CONFLICT");
  });
});
