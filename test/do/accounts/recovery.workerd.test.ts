import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { freshEmail, openBrowser, password, sessionCookies, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, mailTo, tokenTo, openVerifyLink } from "../../fixtures/mail.js";
import { signUpVerified } from "../../fixtures/organizations.js";
import { openSocket } from "../../fixtures/socket.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const newPassword = "another horse battery";

afterEach(() => {
  vi.useRealTimers();
});

const anonymousClient = () => openBrowser().client();
const storedIn = (userId: string, query: string) =>
  runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, state) =>
    state.storage.sql.exec(query).toArray(),
  );

describe("verification of the address", () => {
  it("mails a link at sign-up, with the token in the fragment, and stores only its digest", async () => {
    const { client, email, user } = await signUp();
    const mail = await mailTo(email, "verifyEmail");
    expect(mail.text).toContain(mail.link);
    expect(mail.expiresAt.getTime() - Date.now()).toBeGreaterThan(23 * 60 * MINUTE);
    const stored = JSON.stringify([
      await storedIn(user.id, "SELECT * FROM _mail_tokens"),
      await storedIn(user.id, "SELECT * FROM _outbox"),
      await storedIn(user.id, "SELECT * FROM _audit"),
    ]);
    expect(stored).not.toContain(mail.token.split(".")[2]);
    await openVerifyLink(mail.token);
    expect((await client.auth.me.query()).user.emailVerified).toBe(true);
  });

  it("sends a mail that failed again, with a token that works", async () => {
    const { failMail } = await import("../../fixtures/app/mailbox.js");
    const email = freshEmail();
    failMail(email, 1);
    await signUp(email);
    await openVerifyLink(await tokenTo(email, "verifyEmail"));
  });

  it("mails at most three links an hour on request, and none to a verified address", async () => {
    const { client, email } = await signUp();
    await mailTo(email, "verifyEmail");
    await client.auth.requestEmailVerification.mutate();
    await client.auth.requestEmailVerification.mutate();
    expect(await codeOf(client.auth.requestEmailVerification.mutate())).toBe("TOO_MANY_REQUESTS");
    const token = await tokenTo(email, "verifyEmail", 3);
    await openVerifyLink(token);
    moveClock(61 * MINUTE);
    await client.auth.requestEmailVerification.mutate();
    expect(countMails(email, "verifyEmail")).toBe(3);
  });
});

describe("a forgotten password", () => {
  it("returns the same answer for every address, and mails only those with an account", async () => {
    const { email } = await signUp();
    const answer = async (address: string) => {
      const response = await openBrowser().fetch("/trpc/auth.requestPasswordReset", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ json: { email: address } }),
      });
      return { status: response.status, text: await response.text(), cookies: response.headers.getSetCookie() };
    };
    const stranger = freshEmail();
    const [known, unknown] = [await answer(email), await answer(stranger)];
    expect(known).toEqual(unknown);
    expect(known).toMatchObject({ status: 200, cookies: [] });
    await mailTo(email, "resetPassword");
    expect(countMails(stranger, "resetPassword")).toBe(0);
    for (const address of [email, stranger]) {
      expect((await answer(address)).status).toBe(200);
      expect((await answer(address)).status).toBe(200);
      expect((await answer(address)).status).toBe(429);
    }
  });

  it("sets the new password once, ends every session and mails a notice", async () => {
    const { browser, client, email } = await signUp();
    const socket = await openSocket(browser);
    await anonymousClient().auth.requestPasswordReset.mutate({ email });
    const token = await tokenTo(email, "resetPassword");
    expect(await codeOf(anonymousClient().auth.resetPassword.mutate({ token, password: "short" }))).toBe("BAD_REQUEST");
    expect(await codeOf(anonymousClient().auth.resetPassword.mutate({ token, password: "password123" }))).toBe(
      "BAD_REQUEST",
    );
    await anonymousClient().auth.resetPassword.mutate({ token, password: newPassword });

    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
    expect(sessionCookies(browser)).toEqual([]);
    expect((await socket.closed).code).toBe(4401);
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
    const again = await anonymousClient().auth.login.mutate({ email, password: newPassword });
    expect(again.user.emailVerified).toBe(true);
    await mailTo(email, "passwordChanged");
    expect(
      await codeOf(anonymousClient().auth.resetPassword.mutate({ token, password: "a third horse battery" })),
    ).toBe("BAD_REQUEST");
  });

  it("can be reset for an hour, measured when the link is used", async () => {
    const { email } = await signUp();
    await anonymousClient().auth.requestPasswordReset.mutate({ email });
    const token = await tokenTo(email, "resetPassword");
    moveClock(61 * MINUTE);
    expect(await codeOf(anonymousClient().auth.resetPassword.mutate({ token, password: newPassword }))).toBe(
      "BAD_REQUEST",
    );
  });

  it("revokes the previous link when a new one is mailed", async () => {
    const { email } = await signUp();
    await anonymousClient().auth.requestPasswordReset.mutate({ email });
    const first = await tokenTo(email, "resetPassword");
    await anonymousClient().auth.requestPasswordReset.mutate({ email });
    const second = await tokenTo(email, "resetPassword", 2);
    expect(await codeOf(anonymousClient().auth.resetPassword.mutate({ token: first, password: newPassword }))).toBe(
      "BAD_REQUEST",
    );
    await anonymousClient().auth.resetPassword.mutate({ token: second, password: newPassword });
  });

  it("is set by one of twenty concurrent resets", async () => {
    const { email } = await signUp();
    await anonymousClient().auth.requestPasswordReset.mutate({ email });
    const token = await tokenTo(email, "resetPassword");
    const passwords = Array.from({ length: 20 }, (_, index) => `horse number ${index} of twenty`);
    const codes = await Promise.all(
      passwords.map((each) => codeOf(anonymousClient().auth.resetPassword.mutate({ token, password: each }))),
    );
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    const winner = passwords[codes.indexOf("none")] ?? "";
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password: winner }))).toBe("none");
  });

  it("accepts a token only for its own purpose, and never as a session", async () => {
    const { browser, email } = await signUp();
    const verify = await tokenTo(email, "verifyEmail");
    await anonymousClient().auth.requestPasswordReset.mutate({ email });
    const reset = await tokenTo(email, "resetPassword");
    const access = browser.cookies.get("__Host-userdo-access") ?? "";
    const refresh = browser.cookies.get("__Host-userdo-refresh") ?? "";
    for (const token of [verify, access, refresh]) {
      expect(await codeOf(anonymousClient().auth.resetPassword.mutate({ token, password: newPassword }))).toBe(
        "BAD_REQUEST",
      );
    }
    for (const token of [reset, access, refresh]) {
      expect(await codeOf(anonymousClient().auth.verifyEmail.mutate({ token }))).toBe("BAD_REQUEST");
      expect(await codeOf(anonymousClient().auth.confirmEmailChange.mutate({ token }))).toBe("BAD_REQUEST");
    }
    for (const token of [verify, reset]) {
      const thief = openBrowser();
      thief.cookies.set("__Host-userdo-access", token);
      thief.cookies.set("__Host-userdo-refresh", token);
      expect(await codeOf(thief.client().auth.me.query())).toBe("UNAUTHORIZED");
      const response = await openBrowser().fetch("/trpc/auth.me", { headers: { authorization: `Bearer ${token}` } });
      expect(response.status).toBe(401);
    }
    await anonymousClient().auth.resetPassword.mutate({ token: reset, password: newPassword });
  });

  it("refuses forged and changed tokens without calling any object", async () => {
    const { email, user } = await signUp();
    await anonymousClient().auth.requestPasswordReset.mutate({ email });
    const token = await tokenTo(email, "resetPassword");
    const [purpose, , secret, mac] = token.split(".");
    const tampered = [
      "",
      "x",
      `${purpose}.${user.id}.${secret}`,
      `${purpose}.${"0".repeat(32)}.${secret}.${mac}`,
      `v.${user.id}.${secret}.${mac}`,
      `${token}x`,
      token.toUpperCase(),
      "r.".padEnd(600, "a"),
    ];
    for (const text of tampered) {
      expect(await codeOf(anonymousClient().auth.resetPassword.mutate({ token: text, password: newPassword }))).toBe(
        "BAD_REQUEST",
      );
    }
    const other = await openBrowser()
      .client("batch", "/other")
      .auth.resetPassword.mutate({ token, password: newPassword })
      .then(
        () => "none",
        (error: { data: { code: string } }) => error.data.code,
      );
    expect(other).toBe("BAD_REQUEST");
  });
});

describe("a change of the password", () => {
  it("requires the old password, ends other sessions, and gives this one a new id", async () => {
    const { browser, client, email, session } = await signUpVerified();
    const elsewhere = openBrowser();
    await elsewhere.client().auth.login.mutate({ email, password });
    const stolen = openBrowser();
    for (const [name, value] of browser.cookies) stolen.cookies.set(name, value);

    const wrong = { currentPassword: "not the password", newPassword };
    expect(await codeOf(client.auth.changePassword.mutate(wrong))).toBe("UNAUTHORIZED");
    const weak = { currentPassword: password, newPassword: "iloveyou2" };
    expect(await codeOf(client.auth.changePassword.mutate(weak))).toBe("BAD_REQUEST");
    const changed = await client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    expect(changed.session.id).not.toBe(session.id);
    expect((await client.auth.me.query()).session.id).toBe(changed.session.id);
    expect(await codeOf(elsewhere.client().auth.me.query())).toBe("UNAUTHORIZED");
    expect(await codeOf(stolen.client().auth.me.query())).toBe("UNAUTHORIZED");
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password: newPassword }))).toBe("none");
    await mailTo(email, "passwordChanged");
  });

  it("requires a session", async () => {
    expect(await codeOf(anonymousClient().auth.changePassword.mutate({ currentPassword: password, newPassword }))).toBe(
      "UNAUTHORIZED",
    );
  });

  it("can be followed by signing out everywhere, which ends all sessions including this one", async () => {
    const { browser, client, email } = await signUp();
    const elsewhere = openBrowser();
    await elsewhere.client().auth.login.mutate({ email, password });
    await client.auth.logoutEverywhere.mutate();
    expect(sessionCookies(browser)).toEqual([]);
    expect(await codeOf(elsewhere.client().auth.me.query())).toBe("UNAUTHORIZED");
  });
});
