import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
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
import { overForm, overHttp } from "../../fixtures/transports.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const objectOf = (userId: string) => env.BLOG_DO.getByName(`user:${userId}`);

afterEach(() => void vi.useRealTimers());

const entriesIn = async (userId: string, action: string) =>
  (
    await runInDurableObject(objectOf(userId), (_instance, { storage }) =>
      storage.sql.exec("SELECT id FROM _audit WHERE action = ?", action).toArray(),
    )
  ).length;

describe.each(["logout", "logoutEverywhere"] as const)("auth.%s without a reply", (way) => {
  const action = way === "logout" ? "logout" : "session.revoke";
  const signOut = (browser: Browser) => codeOf(browser.client().auth[way].mutate());

  it.each([0, 31_000, 16 * MINUTE, 6 * DAY])("is answered like the first after %i ms", async (wait) => {
    for (const link of ["single", "batch", "batch-stream"] as const) {
      const { browser, user } = await signUp();
      expect(await signOut(copyBrowser(browser))).toBe("none");
      await evictDurableObject(objectOf(user.id));
      moveClock(wait);
      await overHttp(browser, link).mutate(`auth.${way}`);
      expect(sessionCookies(browser)).toEqual([]);
      expect(await entriesIn(user.id, action)).toBe(1);
      vi.useRealTimers();
    }
  });

  it("gets the same answer with a token in a header until that token expires", async () => {
    const { auth } = openBrowser().client();
    const { tokens } = await auth.signup.mutate({ email: freshEmail(), password, tokens: "body" });
    const call = () =>
      openBrowser().fetch(`/trpc/auth.${way}`, {
        method: "POST",
        headers: { "content-type": "application/json", Authorization: `Bearer ${tokens?.accessToken}` },
      });
    const [first, again] = [await call(), await call()];
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(await again.text()).toBe(await first.text());
    expect(again.headers.getSetCookie()).toEqual([]);
    moveClock(16 * MINUTE);
    expect((await call()).status).toBe(401);
  });

  it("ends the session once for twenty calls at once", async () => {
    const { browser, user } = await signUp();
    const codes = await Promise.all(Array.from({ length: 20 }, () => signOut(copyBrowser(browser))));
    expect(new Set(codes)).toEqual(new Set(["none"]));
    expect(await entriesIn(user.id, action)).toBe(1);
  });

  it("is answered for a deleted account, for which nothing is stored", async () => {
    const { browser, client, user } = await signUp();
    const copy = copyBrowser(browser);
    await client.account.delete.mutate({ password });
    expect(await signOut(copy)).toBe("none");
    expect(sessionCookies(copy)).toEqual([]);
    const tables = await runInDurableObject(objectOf(user.id), (_instance, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("does not sign out the session that a new password started, and keeps the cookies", async () => {
    const { browser } = await signUp();
    const after = copyBrowser(browser);
    const change = { currentPassword: password, newPassword: "another horse battery" };
    await after.client().auth.changePassword.mutate(change);
    expect(await signOut(browser)).toBe("UNAUTHORIZED");
    expect(sessionCookies(browser)).toHaveLength(3);
    expect(await codeOf(after.client().auth.me.query())).toBe("none");
  });

  it("is refused without a token, or with a forged one", async () => {
    const { browser } = await signUp();
    const forged = copyBrowser(browser);
    for (const [name, value] of browser.cookies) forged.cookies.set(name, `${value.slice(0, -4)}AAAA`);
    expect(await signOut(forged)).toBe("UNAUTHORIZED");
    expect(await signOut(openBrowser())).toBe("UNAUTHORIZED");
    expect(await codeOf(browser.client().auth.me.query())).toBe("none");
  });

  it("does not answer other calls of its batch", async () => {
    for (const wait of [0, 16 * MINUTE]) {
      const { browser } = await signUp();
      await signOut(copyBrowser(browser));
      moveClock(wait);
      const { account, auth, sessions } = copyBrowser(browser).client();
      const codes = [codeOf(sessions.revokeOthers.mutate()), codeOf(account.update.mutate({ profile: {} }))];
      void codeOf(auth[way].mutate());
      expect(await Promise.all(codes)).toEqual(["UNAUTHORIZED", "UNAUTHORIZED"]);
      vi.useRealTimers();
    }
  });
});

describe("a repeated sign-out", () => {
  it("redirects a form to the page after the sign-out", async () => {
    const { browser } = await signUp();
    const copy = copyBrowser(browser);
    await overForm(copyBrowser(browser)).mutate("auth.logout");
    await overForm(copy).mutate("auth.logout");
    expect(sessionCookies(copy)).toEqual([]);
  });

  it("succeeds for one session however it ended, and leaves the others", async () => {
    const { browser, client, email, session } = await signUp();
    const other = openBrowser();
    await other.client().auth.login.mutate({ email, password });
    await other.client().sessions.revoke.mutate({ id: session.id });
    expect(await codeOf(client.auth.logout.mutate())).toBe("none");
    expect(sessionCookies(browser)).toEqual([]);
    expect(await codeOf(other.client().auth.me.query())).toBe("none");
  });

  it("is refused for all sessions while the user has others, which stay", async () => {
    const { browser, client, email, session } = await signUp();
    const other = openBrowser();
    await other.client().auth.login.mutate({ email, password });
    await other.client().sessions.revoke.mutate({ id: session.id });
    expect(await codeOf(client.auth.logoutEverywhere.mutate())).toBe("UNAUTHORIZED");
    expect(sessionCookies(browser)).toEqual([]);
    expect(await codeOf(other.client().auth.me.query())).toBe("none");
  });
});
