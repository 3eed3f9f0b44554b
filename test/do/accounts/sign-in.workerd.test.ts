import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { decoyUserId, emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { toName } from "../../../src/shared/owner.js";
import { codeOf } from "../../fixtures/error-code.js";
import { freshEmail, openBrowser, password, sessionCookies, signUp } from "../../fixtures/browser.js";

describe("signing in", () => {
  it("creates a session for the right password", async () => {
    const { email, user, session } = await signUp();
    const browser = openBrowser();
    const signedIn = await browser.client().auth.login.mutate({ email, password });
    expect(signedIn.user).toEqual(user);
    expect(signedIn.session.id).not.toBe(session.id);
    expect((await browser.client().auth.me.query()).session.id).toBe(signedIn.session.id);
  });

  it("returns the same answer for a wrong password and for an unknown address", async () => {
    const { email } = await signUp();
    const answer = async (address: string) => {
      const response = await openBrowser().fetch("/trpc/auth.login", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ json: { email: address, password: "a wrong password" } }),
      });
      return { status: response.status, text: await response.text(), cookies: response.headers.getSetCookie() };
    };
    const [wrong, unknown] = [await answer(email), await answer(freshEmail())];
    expect(wrong).toEqual(unknown);
    expect(wrong).toMatchObject({ status: 401, cookies: [] });
  });

  it("stores only the count of the wrong password for an unknown address", async () => {
    const email = freshEmail();
    expect(await codeOf(openBrowser().client().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
    const address = await emailObjectAddress(env.INDEX_SECRET, email);
    const index = env.BLOG_DO.getByName(toName(address));
    await runInDurableObject(index, (_instance, state) => {
      expect(state.storage.sql.exec("SELECT name, count FROM _throttle").toArray()).toEqual([
        { name: "account", count: 1 },
      ]);
      for (const table of ["_pointer", "_rate_log", "_outbox"]) {
        expect(state.storage.sql.exec(`SELECT 1 FROM ${table}`).toArray()).toEqual([]);
      }
    });
    const decoyId = await decoyUserId(env.INDEX_SECRET, address.id);
    const decoy = env.BLOG_DO.getByName(toName({ type: "user", id: decoyId }));
    await runInDurableObject(decoy, (_instance, state) => {
      expect(state.storage.sql.exec("SELECT name FROM sqlite_master").toArray()).toEqual([]);
    });
  });

  it("lets `me` return the user, instead of UNAUTHORIZED", async () => {
    const { client, user } = await signUp();
    expect((await client.auth.me.query()).user).toEqual(user);
    expect(await codeOf(openBrowser().client().auth.me.query())).toBe("UNAUTHORIZED");
    expect((await openBrowser().fetch("/trpc/auth.me")).status).toBe(401);
  });

  it("is reversed by signing out, which ends only this session and clears the cookies", async () => {
    const { browser, client, email } = await signUp();
    const elsewhere = openBrowser();
    await elsewhere.client().auth.login.mutate({ email, password });
    const stolen = new Map(browser.cookies);

    await client.auth.logout.mutate();
    expect(sessionCookies(browser)).toEqual([]);
    const replay = openBrowser();
    for (const [name, value] of stolen) replay.cookies.set(name, value);
    expect(await codeOf(replay.client().auth.me.query())).toBe("UNAUTHORIZED");
    expect(sessionCookies(replay)).toEqual([]);
    expect((await elsewhere.client().auth.me.query()).user.email).toBe(email);
  });

  it("sets cookies over batch-stream", async () => {
    const { email } = await signUp();
    const browser = openBrowser();
    const { session } = await browser.client("stream").auth.login.mutate({ email, password });
    expect([...browser.cookies.keys()]).toEqual([
      "__Host-userdo-access",
      "__Host-userdo-refresh",
      "__Host-userdo-device",
      `__Host-userdo-session-${session.id}-0`,
    ]);
  });

  it("creates a session that other apps do not accept", async () => {
    const { browser } = await signUp();
    expect(await codeOf(browser.client("batch", "/other").posts.list.query())).toBe("UNAUTHORIZED");
  });
});
