import { afterEach, describe, expect, it, vi } from "vitest";
import { codeOf } from "../../fixtures/error-code.js";
import { copyBrowser, password, sessionCookies, signUp } from "../../fixtures/browser.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

afterEach(() => {
  vi.useRealTimers();
});

describe("silent refresh", () => {
  it("answers a call with an expired access token, and rotates the cookies", async () => {
    const { browser, client, user } = await signUp();
    const before = new Map(browser.cookies);
    moveClock(16 * MINUTE);
    expect((await client.auth.me.query()).user.id).toBe(user.id);
    expect(browser.cookies.get("__Host-userdo-access")).not.toBe(before.get("__Host-userdo-access"));
    expect(browser.cookies.get("__Host-userdo-refresh")).not.toBe(before.get("__Host-userdo-refresh"));
    const rotated = new Map(browser.cookies);
    await client.auth.me.query();
    expect(browser.cookies).toEqual(rotated);
  });

  it("works when the access cookie is missing", async () => {
    const { browser, client, user } = await signUp();
    browser.cookies.delete("__Host-userdo-access");
    expect((await client.auth.me.query()).user.id).toBe(user.id);
    expect(browser.cookies.has("__Host-userdo-access")).toBe(true);
  });

  it("gives twenty tabs that refresh at once the same successor", async () => {
    const { browser } = await signUp();
    moveClock(16 * MINUTE);
    const tabs = Array.from({ length: 20 }, () => copyBrowser(browser));
    await Promise.all(tabs.map((tab) => tab.client().auth.me.query()));
    expect(new Set(tabs.map((tab) => tab.cookies.get("__Host-userdo-refresh"))).size).toBe(1);
    expect(
      await codeOf(
        copyBrowser(tabs[7] ?? browser)
          .client()
          .auth.me.query(),
      ),
    ).toBe("none");
  });

  it("ends the session and adds an audit entry when an old refresh token is used after the grace period", async () => {
    const { browser, client, email, session } = await signUp();
    const thief = copyBrowser(browser);
    moveClock(16 * MINUTE);
    await client.auth.me.query();
    // Presents the successor.
    await client.auth.me.query();
    moveClock(31_000);
    thief.cookies.delete("__Host-userdo-access");
    expect(await codeOf(thief.client().auth.me.query())).toBe("UNAUTHORIZED");
    expect(sessionCookies(thief)).toEqual([]);
    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
    await client.auth.login.mutate({ email, password });
    const { items: entries } = await client.account.audit.list.query({ action: "session.reuse" });
    expect(entries).toMatchObject([{ outcome: "failed", sessionId: session.id }]);
  });

  it("does not revive a session that was unused for seven days", async () => {
    const { client, browser } = await signUp();
    moveClock(7 * DAY + 1000);
    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
    expect(sessionCookies(browser)).toEqual([]);
  });

  it("extends a session that is used, up to ninety days", async () => {
    const { client } = await signUp();
    for (let day = 0; day < 89; day += 5) {
      moveClock(5 * DAY);
      expect(await codeOf(client.auth.me.query())).toBe(day + 5 < 90 ? "none" : "UNAUTHORIZED");
    }
    moveClock(5 * DAY);
    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
  });

  it("clears the cookies when the session no longer exists", async () => {
    const { browser, client } = await signUp();
    const other = copyBrowser(browser);
    await client.auth.logout.mutate();
    other.cookies.delete("__Host-userdo-access");
    expect(await codeOf(other.client().auth.me.query())).toBe("UNAUTHORIZED");
    expect(sessionCookies(other)).toEqual([]);
  });
});
