import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { signAccessToken } from "../../src/jwt/access-token.js";
import { refreshTokenOf, verifyRefreshToken } from "../../src/jwt/refresh-token.js";
import { createSessionId } from "../../src/do/accounts/sessions/session-row.js";
import {
  freshEmail,
  openBrowser,
  openSlowTab,
  password,
  sessionCookies,
  signUp,
  type Browser,
} from "../fixtures/browser.js";
import { overHttp, codeOfCall } from "../fixtures/transports.js";
import { whoIsSignedIn } from "../fixtures/who-is-signed-in.js";
import { moveClock } from "../fixtures/move-clock.js";

const MINUTE = 60_000;
const pair = ["__Host-userdo-access", "__Host-userdo-refresh"] as const;
const options = { secrets: { current: env.JWT_SECRET }, audience: "BLOG_DO" };

afterEach(() => void vi.useRealTimers());

const recordName = (sessionId: string, suffix: number | "replaced") => `__Host-userdo-session-${sessionId}-${suffix}`;
const recordsIn = ({ cookies }: Browser) => [...cookies.keys()].filter((name) => name.includes("-session-"));
/** The number of characters that the cookies take in a request's header. */
const sizeOf = ({ cookies }: Browser) => Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ").length;
const me = (browser: Browser) => browser.client().auth.me.query();

/** Signs a user up, then changes the session to the random id and the two cookies of the previous version. */
async function signUpBefore() {
  const person = await signUp();
  const sessionId = crypto.randomUUID().replaceAll("-", "").replace(/^./, "f");
  const claims = { userId: person.user.id, sessionId, generation: 0 };
  await runInDurableObject(env.BLOG_DO.getByName(`user:${person.user.id}`), (_instance, { storage: { sql } }) => {
    const row = { ...sql.exec("SELECT * FROM _sessions").one(), id: sessionId };
    sql.exec("DELETE FROM _sessions");
    const columns = Object.keys(row);
    sql.exec(
      `INSERT INTO _sessions (${columns.join()}) VALUES (${columns.map(() => "?").join()})`,
      ...Object.values(row),
    );
  });
  const { cookies } = person.browser;
  for (const name of recordsIn(person.browser)) cookies.delete(name);
  const expiresAt = Date.now() + 15 * MINUTE;
  cookies.set(pair[0], await signAccessToken(claims, { ...options, expiresAt }));
  cookies.set(pair[1], await refreshTokenOf(claims, options));
  return { ...person, sessionId };
}

describe("a session's own cookie", () => {
  it("is replaced at each refresh, and deleted at the sign-out", async () => {
    const { browser, session } = await signUp();
    expect(recordsIn(browser)).toEqual([recordName(session.id, 0)]);
    moveClock(16 * MINUTE);
    await me(browser);
    expect(recordsIn(browser)).toEqual([recordName(session.id, 1)]);
    expect(browser.cookies.get(recordName(session.id, 1))).toBe(browser.cookies.get(pair[1]));
    await browser.client().auth.logout.mutate();
    expect(sessionCookies(browser)).toEqual([]);
  });

  it("restores the other two when they are missing", async () => {
    const { browser, user } = await signUp();
    for (const name of pair) browser.cookies.delete(name);
    expect(await whoIsSignedIn(browser)).toBe(user.id);
    for (const name of pair) expect(browser.cookies.has(name)).toBe(true);
  });

  it("keeps the newest generation when an older reply of the same session arrives late", async () => {
    const { browser, session, user } = await signUp();
    moveClock(16 * MINUTE);
    const slow = openSlowTab(browser);
    await me(slow);
    for (let count = 0; count < 2; count++) {
      moveClock(16 * MINUTE);
      await me(browser);
      await me(browser);
    }
    slow.arrive();
    expect(recordsIn(browser)).toEqual([recordName(session.id, 2), recordName(session.id, 1)]);
    expect(await whoIsSignedIn(browser)).toBe(user.id);
    expect(recordsIn(browser)).toEqual([recordName(session.id, 3)]);
  });

  it("of a changed password takes precedence over a late refresh from before the change", async () => {
    const { browser, user, client } = await signUp();
    moveClock(16 * MINUTE);
    const slow = openSlowTab(browser);
    await me(slow);
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword: "another horse battery" });
    slow.arrive();
    moveClock(MINUTE);
    expect(await whoIsSignedIn(browser)).toBe(user.id);
  });

  it("leaves at most one replaced record, however often users change", async () => {
    const people = [await signUp(), await signUp()];
    const browser = openBrowser();
    for (let count = 0; count < 6; count++) {
      await browser.client().auth.login.mutate({ email: people[count % 2]!.email, password });
    }
    expect(recordsIn(browser).map((name) => name.split("-").at(-1))).toEqual(["0", "replaced"]);
  });

  it("does not accumulate over ninety days of refreshes, lost replies, sign-ins and sign-outs", async () => {
    const [one, two] = [await signUp(), await signUp()];
    const { browser } = one;
    let most = 0;
    for (let day = 0; day < 90; day += 3) {
      moveClock(3 * 24 * 60 * MINUTE);
      await me(openSlowTab(browser));
      if (day % 4 === 3) await browser.client().auth.logout.mutate();
      await me(browser).catch(() =>
        browser.client().auth.login.mutate({ email: day % 2 ? one.email : two.email, password }),
      );
      most = Math.max(most, browser.cookies.size);
      expect(sizeOf(browser)).toBeLessThan(2_048);
    }
    // The access and refresh tokens, the device, a session record and a replaced record.
    expect(most).toBeLessThanOrEqual(5);
  });

  it("is one of few after twenty sign-ups at once and the next refreshes", async () => {
    const browser = openBrowser();
    const tabs = Array.from({ length: 20 }, () => openSlowTab(browser));
    await Promise.all(tabs.map((tab) => tab.client().auth.signup.mutate({ email: freshEmail(), password })));
    for (const tab of tabs) tab.arrive();
    expect(sizeOf(browser)).toBeLessThan(8_192);
    for (let count = 0; count < 3; count++) {
      moveClock(16 * MINUTE);
      await me(browser);
    }
    expect(recordsIn(browser).length).toBeLessThanOrEqual(2);
  });

  it("is one after twenty refreshes at once", async () => {
    const { browser, session } = await signUp();
    moveClock(16 * MINUTE);
    const tabs = Array.from({ length: 20 }, () => openSlowTab(browser));
    await Promise.all(tabs.map(me));
    for (const tab of tabs) tab.arrive();
    expect(recordsIn(browser)).toEqual([recordName(session.id, 1)]);
  });
});

describe("forged session cookies", () => {
  const newest = () => createSessionId().replace(/^0./, "02");

  it("with a later time neither sign anyone out, nor in as another", async () => {
    const { browser, user } = await signUp();
    const attacker = await signUp();
    const [id, other] = [newest(), newest()];
    const elsewhere = { ...options, audience: "OTHER_DO" };
    const forged: readonly (readonly [string, string])[] = [
      [recordName(id, "replaced"), "A".repeat(43)],
      [recordName(id, "replaced"), ""],
      [recordName(id, 0), `${attacker.user.id}.${id}.0.${"A".repeat(43)}`],
      [recordName(id, 0), attacker.browser.cookies.get(pair[1]) ?? ""],
      [recordName(other, 0), await refreshTokenOf({ userId: user.id, sessionId: other, generation: 0 }, elsewhere)],
    ];
    for (const [name, value] of forged) browser.cookies.set(name, value);
    expect(await codeOfCall(me(browser))).toBe("none");
    for (const name of ["single", "batch", "batch-stream"] as const) {
      expect(await overHttp(browser, name).query("auth.me")).toMatchObject({ user: { id: user.id } });
    }
    moveClock(16 * MINUTE);
    expect((await me(browser)).user.id).toBe(user.id);
  });

  it("of a higher generation do not end the session", async () => {
    const { browser, user, session } = await signUp();
    const name = recordName(session.id, 999_999_999);
    browser.cookies.set(name, `${user.id}.${session.id}.999999999.${"A".repeat(43)}`);
    await browser.client().auth.refresh.mutate();
    moveClock(16 * MINUTE);
    expect((await me(browser)).user.id).toBe(user.id);
  });

  it("are ignored beyond the two newest", async () => {
    const { browser, user } = await signUp();
    for (let count = 0; count < 30; count++) browser.cookies.set(recordName(newest(), "replaced"), "A".repeat(43));
    expect((await me(browser)).user.id).toBe(user.id);
  });

  it("with one name twice are rejected", async () => {
    const { browser, session } = await signUp();
    const name = recordName(session.id, 0);
    const cookie = `${name}=${browser.cookies.get(name)}; ${name}=x`;
    const response = await openBrowser().fetch("/trpc/auth.me", { headers: { cookie } });
    expect(response.status).toBe(400);
  });
});

describe("a session of the previous version", () => {
  it("stays signed in by its two cookies, and gets its own cookie at the next refresh", async () => {
    const { browser, user, sessionId } = await signUpBefore();
    expect((await me(browser)).user.id).toBe(user.id);
    expect(recordsIn(browser)).toEqual([]);
    moveClock(16 * MINUTE);
    expect((await me(browser)).user.id).toBe(user.id);
    expect(recordsIn(browser)).toEqual([recordName(sessionId, 1)]);
    expect(await whoIsSignedIn(browser)).toBe(user.id);
  });

  it("does not replace a user who signed in since, by a late refresh or a late sign-out", async () => {
    for (const path of ["me", "logout"] as const) {
      const before = await signUpBefore();
      const { email, user } = await signUp();
      moveClock(16 * MINUTE);
      const slow = openSlowTab(before.browser);
      await (path === "me" ? me(slow) : slow.client().auth.logout.mutate());
      await before.browser.client().auth.login.mutate({ email, password });
      slow.arrive();
      expect(await whoIsSignedIn(before.browser)).toBe(user.id);
      vi.useRealTimers();
    }
  });

  it("takes precedence after a rollback, whatever cookies the newer version has left", async () => {
    const { browser } = await signUp();
    await browser.client().auth.login.mutate({ email: (await signUp()).email, password });
    const back = await signUpBefore();
    for (const name of pair) browser.cookies.set(name, back.browser.cookies.get(name) ?? "");
    expect((await me(browser)).user.id).toBe(back.user.id);
    moveClock(16 * MINUTE);
    expect(await whoIsSignedIn(browser)).toBe(back.user.id);
    expect(recordsIn(browser)).toEqual([recordName(back.sessionId, 1)]);
  });

  it("works beside the user's new sessions: both are listed, and each can revoke the other", async () => {
    for (const ends of ["old", "new"] as const) {
      const before = await signUpBefore();
      const browser = openBrowser();
      const { session } = await browser.client().auth.login.mutate({ email: before.email, password });
      for (const client of [before.browser.client(), browser.client()]) {
        const ids = (await client.sessions.list.query()).map(({ id }) => id);
        expect(ids.toSorted()).toEqual([before.sessionId, session.id].toSorted());
      }
      const [remaining, ended] = ends === "old" ? [before.browser, browser] : [browser, before.browser];
      await remaining.client().sessions.revoke.mutate({ id: ends === "old" ? session.id : before.sessionId });
      expect(await codeOfCall(me(ended))).toBe("UNAUTHORIZED");
      expect(sessionCookies(ended)).toEqual([]);
      expect(await whoIsSignedIn(remaining)).toBe(before.user.id);
    }
  });

  it("is created with tokens that the previous version accepts", async () => {
    const { browser, session, user } = await signUp();
    const token = browser.cookies.get(pair[1]) ?? "";
    expect(await verifyRefreshToken(token, options)).toEqual({
      userId: user.id,
      sessionId: session.id,
      generation: 0,
    });
    expect(session.id).toMatch(/^[0-9a-f]{32}$/);
  });
});
