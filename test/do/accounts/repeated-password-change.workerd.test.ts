import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import {
  copyBrowser,
  freshEmail,
  openBrowser,
  password,
  sessionCookies,
  signUp,
  type Browser,
} from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, tokenTo } from "../../fixtures/mail.js";
import { upgrade } from "../../fixtures/socket.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const newPassword = "another horse battery";
const change = { currentPassword: password, newPassword };
const refreshName = "__Host-userdo-refresh";
const objectOf = (userId: string) => env.BLOG_DO.getByName(`user:${userId}`);

afterEach(() => void vi.useRealTimers());

/** A browser that changed the password and did not get the reply. `after` has the cookies of that reply. */
async function lost() {
  const account = await signUp();
  const after = copyBrowser(account.browser);
  const first = await after.client().auth.changePassword.mutate(change);
  return { ...account, before: account.browser, after, first };
}

const repeat = (browser: Browser, input = change) => codeOf(browser.client().auth.changePassword.mutate(input));
const isSignedIn = async (browser: Browser) => (await codeOf(browser.client().auth.me.query())) === "none";
const entriesOf = async (browser: Browser, action: "password.change" | "session.reuse" | "password.confirm") =>
  (await browser.client().account.audit.list.query({ action })).items.length;

describe("a password change without a reply, over cookies", () => {
  it.each([0, 31_000, 14 * MINUTE, 6 * DAY])("is answered again after %i ms, and changes nothing", async (wait) => {
    for (const link of ["http", "batch", "stream"] as const) {
      const { email, user, before, after, first } = await lost();
      await evictDurableObject(objectOf(user.id));
      moveClock(wait);
      const again = await before.client(link).auth.changePassword.mutate(change);
      expect(again.session).toEqual(first.session);
      expect(again.user).toEqual(first.user);
      expect(before.cookies.get(refreshName)).toBe(after.cookies.get(refreshName));
      expect(await isSignedIn(before)).toBe(true);
      expect(await before.client().sessions.list.query()).toHaveLength(1);
      expect(await entriesOf(before, "password.change")).toBe(1);
      expect(await entriesOf(before, "session.reuse")).toBe(0);
      expect(await codeOf(openBrowser().client().auth.login.mutate({ email, password: newPassword }))).toBe("none");
      vi.useRealTimers();
    }
  });

  it("sends no second notice", async () => {
    const { browser, client, email } = await signUp();
    await client.auth.verifyEmail.mutate({ token: await tokenTo(email, "verifyEmail") });
    const after = copyBrowser(browser);
    await after.client().auth.changePassword.mutate(change);
    expect(await repeat(browser)).toBe("none");
    await eventually(() => expect(countMails(email, "passwordChanged")).toBe(1));
    expect(await repeat(browser)).toBe("none");
    expect(countMails(email, "passwordChanged")).toBe(1);
  });

  it("keeps the cookies when anything else is called, refuses that call, and does not treat it as theft", async () => {
    const { before, after } = await lost();
    for (const wait of [0, 31_000]) {
      moveClock(wait);
      expect(await codeOf(before.client().auth.me.query())).toBe("UNAUTHORIZED");
      expect(await codeOf(before.client().posts.list.query())).toBe("UNAUTHORIZED");
      expect(await codeOf(before.client().auth.refresh.mutate())).toBe("UNAUTHORIZED");
      expect((await upgrade(before)).status).toBe(401);
      const batch = Promise.all([
        repeat(before, { ...change, newPassword: "a third horse battery" }),
        isSignedIn(before),
      ]);
      expect(await batch).toEqual(["UNAUTHORIZED", false]);
      expect(sessionCookies(before)).toHaveLength(3);
    }
    expect(await repeat(before)).toBe("none");
    expect(await entriesOf(after, "session.reuse")).toBe(0);
  });

  it("is refused once a client has used the new session, which continues", async () => {
    const { before, after } = await lost();
    expect(await isSignedIn(after)).toBe(true);
    for (const wait of [0, 31_000]) {
      moveClock(wait);
      expect(await repeat(copyBrowser(before))).toBe("UNAUTHORIZED");
    }
    expect(await isSignedIn(after)).toBe(true);
  });

  it("is refused without the new password, with a limit on guesses", async () => {
    const { before, after } = await lost();
    moveClock(0);
    const message = before.client().auth.changePassword.mutate({ ...change, newPassword: "a third horse battery" });
    await expect(message).rejects.toThrow("The password was changed, so this session has ended.");
    const codes: unknown[] = [];
    for (let tries = 0; tries < 5; tries++) {
      codes.push(await repeat(before, { currentPassword: newPassword, newPassword: `guessed battery ${tries}` }));
    }
    expect(codes).toEqual([...Array<string>(4).fill("UNAUTHORIZED"), "TOO_MANY_REQUESTS"]);
    expect(await repeat(before)).toBe("TOO_MANY_REQUESTS");
    expect(await entriesOf(after, "password.confirm")).toBe(5);
    expect(await isSignedIn(after)).toBe(true);
  });

  it("is refused after another new password, a reset, and the deletion of the account", async () => {
    const third = { currentPassword: newPassword, newPassword: "a third horse battery" };
    const changed = await lost();
    await changed.after.client().auth.changePassword.mutate(third);
    expect(await repeat(copyBrowser(changed.before))).toBe("UNAUTHORIZED");
    expect(await repeat(copyBrowser(changed.before), { ...third, currentPassword: password })).toBe("UNAUTHORIZED");

    const reset = await lost();
    await openBrowser().client().auth.requestPasswordReset.mutate({ email: reset.email });
    const token = await tokenTo(reset.email, "resetPassword");
    await openBrowser().client().auth.resetPassword.mutate({ token, password: newPassword });
    expect(await repeat(reset.before)).toBe("UNAUTHORIZED");

    const deleted = await lost();
    await deleted.after.client().account.delete.mutate({ password: newPassword });
    expect(await repeat(deleted.before)).toBe("UNAUTHORIZED");
  });

  it("gives one session for twenty calls at once, and changes nothing", async () => {
    const { before, after, first } = await lost();
    const copies = Array.from({ length: 20 }, () => copyBrowser(before));
    const answers = await Promise.allSettled(copies.map((copy) => copy.client().auth.changePassword.mutate(change)));
    const sessions = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value.session.id] : []));
    expect(new Set(sessions)).toEqual(new Set([first.session.id]));
    expect(await after.client().sessions.list.query()).toHaveLength(1);
    expect(await entriesOf(after, "password.change")).toBe(1);
  });
});

describe("a password change of which only the cookies arrived", () => {
  it("is answered again for the new session, until it renews its tokens", async () => {
    const { after, first } = await lost();
    expect(await isSignedIn(after)).toBe(true);
    expect((await after.client().auth.changePassword.mutate(change)).session).toEqual(first.session);
    expect(await entriesOf(after, "password.change")).toBe(1);
    await after.client().auth.refresh.mutate();
    await expect(after.client().auth.changePassword.mutate(change)).rejects.toThrow("The password is wrong.");
    expect(await isSignedIn(after)).toBe(true);
  });

  it("is refused with any other new password", async () => {
    const { after } = await lost();
    const other = { ...change, newPassword: "a third horse battery" };
    await expect(after.client().auth.changePassword.mutate(other)).rejects.toThrow("The password is wrong.");
  });

  it("is refused in a session that did not change it", async () => {
    const { email } = await lost();
    const elsewhere = openBrowser();
    await elsewhere.client().auth.login.mutate({ email, password: newPassword });
    await expect(elsewhere.client().auth.changePassword.mutate(change)).rejects.toThrow("The password is wrong.");
  });
});

describe("a password change that is sent twice at once", () => {
  it("changes the password once, and answers a refused call when it is repeated", async () => {
    const { browser } = await signUp();
    const copies = [copyBrowser(browser), copyBrowser(browser)];
    const codes = await Promise.all(copies.map((copy) => repeat(copy)));
    expect(codes).toContain("none");
    for (const copy of copies) expect(sessionCookies(copy).length).toBeGreaterThanOrEqual(3);
    const refused = copies.filter((_copy, index) => codes[index] !== "none");
    for (const copy of refused) expect(await repeat(copy)).toBe("none");
    for (const copy of copies) {
      expect(await isSignedIn(copy)).toBe(true);
      expect(await entriesOf(copy, "password.change")).toBe(1);
    }
  });

  it("to different passwords changes it to one of them", async () => {
    const { browser, email } = await signUp();
    const passwords = [newPassword, "a third horse battery"];
    const copies = passwords.map(() => copyBrowser(browser));
    const codes = await Promise.all(
      copies.map((copy, index) => repeat(copy, { ...change, newPassword: passwords[index] ?? "" })),
    );
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    const winner = codes.indexOf("none");
    const login = { email, password: passwords[winner] ?? "" };
    expect(await codeOf(openBrowser().client().auth.login.mutate(login))).toBe("none");
  });
});

describe("a password change without a reply, with tokens in the body", () => {
  const call = (path: string, token: string | undefined, input: object) =>
    openBrowser().fetch(`/trpc/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", Authorization: `Bearer ${token}` },
      body: JSON.stringify({ json: input }),
    });
  const inBody = { ...change, tokens: "body" } as const;

  interface Answer {
    readonly result: { readonly data: { readonly json: { readonly tokens: Record<string, string> } } };
  }

  const tokensIn = async (response: Response) => (await response.json<Answer>()).result.data.json.tokens;
  const statusOfMe = async (token: string | undefined) =>
    (await openBrowser().fetch("/trpc/auth.me", { headers: { Authorization: `Bearer ${token}` } })).status;

  it.each([0, 31_000, 14 * MINUTE])(
    "is answered again after %i ms, with the tokens of the new session",
    async (wait) => {
      const { auth } = openBrowser().client();
      const { tokens, user } = await auth.signup.mutate({ email: freshEmail(), password, tokens: "body" });
      const first = await tokensIn(await call("auth.changePassword", tokens?.accessToken, inBody));
      await evictDurableObject(objectOf(user.id));
      moveClock(wait);
      // The old refresh token alone gets nothing, and ends no session.
      expect(await codeOf(auth.refresh.mutate({ refreshToken: tokens?.refreshToken ?? "" }))).toBe("UNAUTHORIZED");
      const response = await call("auth.changePassword", tokens?.accessToken, inBody);
      expect(response.headers.getSetCookie()).toEqual([]);
      const again = await tokensIn(response);
      expect(again["refreshToken"]).toBe(first["refreshToken"]);
      expect(await statusOfMe(again["accessToken"])).toBe(200);
      expect(await statusOfMe(tokens?.accessToken)).toBe(401);
      expect((await call("auth.changePassword", tokens?.accessToken, inBody)).status).toBe(401);
    },
  );

  it("is refused after the old access token has expired", async () => {
    const { auth } = openBrowser().client();
    const { tokens } = await auth.signup.mutate({ email: freshEmail(), password, tokens: "body" });
    await call("auth.changePassword", tokens?.accessToken, inBody);
    moveClock(16 * MINUTE);
    expect((await call("auth.changePassword", tokens?.accessToken, inBody)).status).toBe(401);
  });
});
