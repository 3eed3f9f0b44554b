import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import { countMails, mailTo, tokenTo, openChangeLink, openVerifyLink } from "../../fixtures/mail.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const newPassword = "another horse battery";
const thirdPassword = "a third horse battery";

afterEach(() => void vi.useRealTimers());

function later(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });
}

const anonymousClient = () => openBrowser().client();
const objectOf = (userId: string) => env.BLOG_DO.getByName(`user:${userId}`);
const stored = (userId: string, query: string) =>
  runInDurableObject(objectOf(userId), (_instance, { storage }) => storage.sql.exec(query).toArray());
const happened = async (userId: string, action: string, outcome = "ok") =>
  (await stored(userId, `SELECT id FROM _audit WHERE action = '${action}' AND outcome = '${outcome}'`)).length;

const verify = (token: string) => codeOf(openVerifyLink(token));
const confirm = (token: string) => codeOf(openChangeLink(token));
const reset = (token: string, value: string) =>
  codeOf(anonymousClient().auth.resetPassword.mutate({ token, password: value }));

async function resetToken(email: string, count = 1): Promise<string> {
  await anonymousClient().auth.requestPasswordReset.mutate({ email });
  return tokenTo(email, "resetPassword", count);
}

/** A call with a link sets no cookies and returns nothing, the first time and again. */
async function repliesTo(path: string, input: object, browser = openBrowser()) {
  const response = await browser.fetch(`/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ json: input }),
  });
  return { status: response.status, text: await response.text(), cookies: response.headers.getSetCookie() };
}

describe("a used link that verifies an address", () => {
  it("succeeds again, takes effect once, and signs nobody in", async () => {
    const { browser, email, user, client } = await signUp();
    const token = await tokenTo(email, "verifyEmail");
    const [first, second] = [
      await repliesTo("auth.verifyEmail", { token }, browser),
      await repliesTo("auth.verifyEmail", { token }),
    ];
    expect(second).toEqual(first);
    expect(first).toMatchObject({ status: 200, cookies: [] });
    expect((await client.auth.me.query()).user.emailVerified).toBe(true);
    expect(await happened(user.id, "email.verify")).toBe(1);
    expect(await client.sessions.list.query()).toHaveLength(1);
  });

  it("succeeds twenty times at once, and takes effect once", async () => {
    const { email, user } = await signUp();
    const token = await tokenTo(email, "verifyEmail");
    const codes = await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    expect(new Set(codes)).toEqual(new Set(["none"]));
    expect(await happened(user.id, "email.verify")).toBe(1);
  });

  it("succeeds after the object was evicted and after a new password, until the link expires", async () => {
    const { client, email, user } = await signUp();
    const token = await tokenTo(email, "verifyEmail");
    await verify(token);
    await evictDurableObject(objectOf(user.id));
    expect(await verify(token)).toBe("none");
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    expect(await verify(token)).toBe("none");
    later(25 * HOUR);
    expect(await verify(token)).toBe("BAD_REQUEST");
  });

  it("is refused when another link verified the address", async () => {
    const { client, email } = await signUp();
    const unused = await tokenTo(email, "verifyEmail");
    await client.auth.requestEmailVerification.mutate();
    await verify(await tokenTo(email, "verifyEmail", 2));
    expect(await verify(unused)).toBe("BAD_REQUEST");
  });

  it("is refused once the account has another address, also when it changes back to the first", async () => {
    const { client, email } = await signUp();
    const token = await tokenTo(email, "verifyEmail");
    await verify(token);
    const target = freshEmail();
    await client.auth.changeEmail.mutate({ email: target, password });
    await confirm(await tokenTo(target, "changeEmail"));
    expect(await verify(token)).toBe("BAD_REQUEST");
    await client.auth.changeEmail.mutate({ email, password });
    await confirm(await tokenTo(email, "changeEmail"));
    expect(await verify(token)).toBe("BAD_REQUEST");
  });

  it("is refused once the account is deleted, also for the next account of the address", async () => {
    const { client, email } = await signUp();
    const token = await tokenTo(email, "verifyEmail");
    await verify(token);
    await client.account.delete.mutate({ password });
    expect(await verify(token)).toBe("BAD_REQUEST");
    const next = await signUp(email);
    expect(await verify(token)).toBe("BAD_REQUEST");
    expect((await next.client.auth.me.query()).user.emailVerified).toBe(false);
  });

  it("is stored only as a digest", async () => {
    const { email, user } = await signUp();
    const token = await tokenTo(email, "verifyEmail");
    await verify(token);
    const rows = JSON.stringify(await stored(user.id, "SELECT * FROM _used_mail_tokens"));
    expect(rows).toContain("verifyEmail");
    for (const part of token.split(".").slice(2)) expect(rows).not.toContain(part);
  });
});

describe("a used link to a new address", () => {
  async function withChange() {
    const account = await signUp();
    await verify(await tokenTo(account.email, "verifyEmail"));
    const target = freshEmail();
    await account.client.auth.changeEmail.mutate({ email: target, password });
    return { ...account, target, token: await tokenTo(target, "changeEmail") };
  }

  it("succeeds twenty times at once, takes effect once, and has no effect when repeated", async () => {
    const { client, email, target, token, user } = await withChange();
    const codes = await Promise.all(Array.from({ length: 20 }, () => confirm(token)));
    expect(new Set(codes)).toEqual(new Set(["none"]));
    expect(await repliesTo("auth.confirmEmailChange", { token })).toMatchObject({ status: 200, cookies: [] });
    expect(await happened(user.id, "email.change")).toBe(1);
    expect((await client.auth.me.query()).user.email).toBe(target);
    await mailTo(email, "emailChanged");
    expect(countMails(email, "emailChanged")).toBe(1);
  });

  it("does not undo a later change", async () => {
    const { client, target, token } = await withChange();
    await confirm(token);
    const other = freshEmail();
    await client.auth.changeEmail.mutate({ email: other, password });
    expect(await confirm(token)).toBe("none");
    expect((await client.auth.me.query()).user.email).toBe(target);
    await confirm(await tokenTo(other, "changeEmail"));
    expect(await confirm(token)).toBe("BAD_REQUEST");
    expect((await client.auth.me.query()).user.email).toBe(other);
  });

  it("is refused after its hour, and after a new password", async () => {
    const [first, second] = [await withChange(), await withChange()];
    await confirm(first.token);
    await confirm(second.token);
    await second.client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    expect(await confirm(second.token)).toBe("BAD_REQUEST");
    later(61 * MINUTE);
    expect(await confirm(first.token)).toBe("BAD_REQUEST");
  });
});

describe("a used link to a new password", () => {
  it("succeeds again with the same password, changes nothing and signs nobody in", async () => {
    const { email, user } = await signUp();
    const token = await resetToken(email);
    const input = { token, password: newPassword };
    const first = await repliesTo("auth.resetPassword", input);
    const after = openBrowser();
    await after.client().auth.login.mutate({ email, password: newPassword });
    const [hash] = await stored(user.id, "SELECT password_hash FROM _account");
    expect(await repliesTo("auth.resetPassword", input)).toEqual(first);
    expect(first).toMatchObject({ status: 200, cookies: [] });
    expect(await stored(user.id, "SELECT password_hash FROM _account")).toEqual([hash]);
    // A session that was created after the reset stays.
    expect(await codeOf(after.client().auth.me.query())).toBe("none");
    expect(await happened(user.id, "password.reset")).toBe(1);
    await mailTo(email, "passwordChanged");
    expect(countMails(email, "passwordChanged")).toBe(1);
  });

  it("takes effect once when it is used twenty times at once with the same password", async () => {
    const { email, user } = await signUp();
    const token = await resetToken(email);
    const codes = await Promise.all(Array.from({ length: 20 }, () => reset(token, newPassword)));
    expect(codes.filter((code) => code === "none").length).toBeGreaterThan(0);
    // The others waited for their hashes, of which an object computes one at a time.
    expect(codes.every((code) => code === "none" || code === "TOO_MANY_REQUESTS")).toBe(true);
    expect(await happened(user.id, "password.reset")).toBe(1);
    expect(await happened(user.id, "password.reset", "failed")).toBe(0);
  });

  it("is refused with another password, and keeps the one that it set", async () => {
    const { email, user } = await signUp();
    const token = await resetToken(email);
    await reset(token, newPassword);
    expect(await reset(token, thirdPassword)).toBe("BAD_REQUEST");
    expect(await reset(token, password)).toBe("BAD_REQUEST");
    expect(await happened(user.id, "password.reset", "failed")).toBe(2);
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password: newPassword }))).toBe("none");
  });

  it("does not permit faster guesses than a sign-in, also after evictions", async () => {
    const { email, user } = await signUp();
    const token = await resetToken(email);
    await reset(token, newPassword);
    const codes: unknown[] = [];
    for (let guess = 0; guess < 7; guess++) {
      codes.push(await reset(token, `horse number ${guess} of seven`));
      await evictDurableObject(objectOf(user.id));
    }
    expect(codes).toEqual([
      ...Array.from({ length: 5 }, () => "BAD_REQUEST"),
      "TOO_MANY_REQUESTS",
      "TOO_MANY_REQUESTS",
    ]);
    expect(await reset(token, newPassword)).toBe("TOO_MANY_REQUESTS");
    // The sign-in is counted separately.
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password: newPassword }))).toBe("none");
  });

  it("is refused after its hour, and after any event that revokes password links", async () => {
    const ends = [
      (browser: ReturnType<typeof anonymousClient>) =>
        browser.auth.changePassword.mutate({ currentPassword: newPassword, newPassword: thirdPassword }),
      (browser: ReturnType<typeof anonymousClient>) => browser.auth.logoutEverywhere.mutate(),
      (browser: ReturnType<typeof anonymousClient>) => browser.account.delete.mutate({ password: newPassword }),
    ];
    for (const end of ends) {
      const { email } = await signUp();
      const token = await resetToken(email);
      await reset(token, newPassword);
      const client = anonymousClient();
      await client.auth.login.mutate({ email, password: newPassword });
      await end(client);
      expect(await reset(token, newPassword)).toBe("BAD_REQUEST");
    }
    const { email } = await signUp();
    const token = await resetToken(email);
    await reset(token, newPassword);
    later(61 * MINUTE);
    expect(await reset(token, newPassword)).toBe("BAD_REQUEST");
  });

  it("is refused after the next reset", async () => {
    const { email } = await signUp();
    const first = await resetToken(email);
    await reset(first, newPassword);
    await reset(await resetToken(email, 2), thirdPassword);
    expect(await reset(first, newPassword)).toBe("BAD_REQUEST");
    expect(await reset(first, thirdPassword)).toBe("BAD_REQUEST");
  });
});

it("accepts a used token for its own purpose only", async () => {
  const { client, email } = await signUp();
  const verified = await tokenTo(email, "verifyEmail");
  await verify(verified);
  const used = await resetToken(email);
  await reset(used, newPassword);
  await client.auth.login.mutate({ email, password: newPassword });
  expect([await confirm(verified), await reset(verified, newPassword)]).toEqual(["BAD_REQUEST", "BAD_REQUEST"]);
  expect([await verify(used), await confirm(used)]).toEqual(["BAD_REQUEST", "BAD_REQUEST"]);
});

it("stores used links in an object of an earlier version from its upgrade on", async () => {
  const { email, user } = await signUp();
  const token = await tokenTo(email, "verifyEmail");
  await runInDurableObject(objectOf(user.id), (_instance, { storage: { sql } }) => {
    sql.exec("DROP TABLE _used_mail_tokens");
    becomeEarlierVersion(sql);
  });
  await evictDurableObject(objectOf(user.id));
  expect([await verify(token), await verify(token)]).toEqual(["none", "none"]);
});
