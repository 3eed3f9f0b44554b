import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createLoadSession } from "trpc-userdo/worker";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import {
  copyBrowser,
  freshEmail,
  openBrowser,
  origin,
  password,
  signUp,
  type Browser,
} from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { overHttp, overSocket } from "../../fixtures/transports.js";
import { upgrade } from "../../fixtures/socket.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const accessName = "__Host-userdo-access";
const refreshName = "__Host-userdo-refresh";
const later = [31_000, 6 * DAY];
const loadSession = createLoadSession<AppRouter>({ binding: "BLOG_DO" });

afterEach(() => void vi.useRealTimers());

/** A refreshed session: `before` has the cookies from before the refresh, `after` those of the lost reply. */
async function renewed() {
  const person = await signUp();
  const before = copyBrowser(person.browser, refreshName);
  const after = copyBrowser(person.browser, refreshName);
  await after.client().auth.me.query();
  expect(after.cookies.get(refreshName)).not.toBe(before.cookies.get(refreshName));
  return { ...person, before, after };
}

const isSignedIn = async (browser: Browser) => (await codeOf(browser.client().auth.me.query())) === "none";

function reusesOf(client: Browser) {
  return client.client().account.audit.list.query({ action: "session.reuse" });
}

describe("a renewal without a reply", () => {
  it.each(later)("still accepts the old cookies after %i ms, and gives them the same successor", async (wait) => {
    for (const link of ["single", "batch", "batch-stream"] as const) {
      const { before, after } = await renewed();
      moveClock(wait);
      await overHttp(before, link).query("auth.me");
      expect(before.cookies.get(refreshName)).toBe(after.cookies.get(refreshName));
      expect(await isSignedIn(before)).toBe(true);
      expect((await reusesOf(before)).items).toEqual([]);
      vi.useRealTimers();
    }
  });

  it.each(later)(
    "still accepts the old token in the body after %i ms, and gives it the same successor",
    async (wait) => {
      const { auth } = openBrowser().client();
      const { tokens } = await auth.signup.mutate({ email: freshEmail(), password, tokens: "body" });
      const refreshToken = tokens!.refreshToken;
      const lost = await auth.refresh.mutate({ refreshToken });
      moveClock(wait);
      const again = await auth.refresh.mutate({ refreshToken });
      expect(again.tokens!.refreshToken).toBe(lost.tokens!.refreshToken);
      const next = await auth.refresh.mutate({ refreshToken: again.tokens!.refreshToken });
      expect(next.tokens!.refreshToken).not.toBe(again.tokens!.refreshToken);
    },
  );

  it.each(later)("opens a socket and loads the session after %i ms", async (wait) => {
    const { before, user } = await renewed();
    moveClock(wait);
    const socket = await overSocket(before);
    expect(await socket.query("auth.me")).toMatchObject({ user: { id: user.id } });
    const cookie = `${refreshName}=${before.cookies.get(refreshName)}`;
    const load = () => loadSession(new Request(origin, { headers: { cookie } }), env);
    expect(await load()).toMatchObject({ user: { id: user.id } });
    expect(await load()).not.toBeNull();
    expect(await isSignedIn(before)).toBe(true);
  });

  it("may be lost many times with the same successor, and extends the session by another week", async () => {
    const { before, after } = await renewed();
    for (let count = 0; count < 5; count++) {
      moveClock(6 * DAY);
      const attempt = copyBrowser(before);
      expect(await isSignedIn(attempt)).toBe(true);
      if (count < 4) continue;
      expect(attempt.cookies.get(refreshName)).toBe(after.cookies.get(refreshName));
    }
  });

  it("gives twenty tabs one successor after a lost reply, and keeps them all signed in", async () => {
    for (const wait of [29_000, 6 * DAY]) {
      const { before } = await renewed();
      moveClock(wait);
      const tabs = Array.from({ length: 20 }, () => copyBrowser(before));
      await Promise.all(tabs.slice(0, 19).map((tab) => tab.client().auth.me.query()));
      expect(await isSignedIn(tabs[0]!)).toBe(true);
      moveClock(2_000);
      // This request took longer than the others.
      expect(await isSignedIn(tabs[19]!)).toBe(true);
      expect(new Set(tabs.map((tab) => tab.cookies.get(refreshName))).size).toBe(1);
      for (const tab of tabs) expect(await isSignedIn(tab)).toBe(true);
      vi.useRealTimers();
    }
  });
});

describe("a copied refresh token", () => {
  const presentations: Readonly<Record<string, (after: Browser) => Promise<unknown>>> = {
    "an access token in a call": (after) => after.client().posts.list.query(),
    "an access token in an upgrade": async (after) => {
      const { webSocket } = await upgrade(copyBrowser(after, accessName));
      webSocket?.accept();
      webSocket?.close();
    },
    "an access token in loadSession": (after) => load(copyBrowser(after, accessName)),
    "the refresh token in loadSession": (after) => load(copyBrowser(after, refreshName)),
    "the refresh token in an upgrade": async (after) => {
      const { webSocket } = await upgrade(copyBrowser(after, refreshName));
      webSocket?.accept();
      webSocket?.close();
    },
    "the refresh token in a renewal": (after) => copyBrowser(after, refreshName).client().auth.me.query(),
    "the refresh token in the body": (after) =>
      openBrowser()
        .client()
        .auth.refresh.mutate({ refreshToken: after.cookies.get(refreshName) ?? "" }),
  };

  function load({ cookies }: Browser) {
    const cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");
    return loadSession(new Request(origin, { headers: { cookie } }), env);
  }

  it.each(Object.keys(presentations))("ends the session once the successor was seen: %s", async (name) => {
    const { before, after, browser, email, session } = await renewed();
    await presentations[name]!(after);
    moveClock(31_000);
    expect(await isSignedIn(before)).toBe(false);
    expect(await isSignedIn(after)).toBe(false);
    await browser.client().auth.login.mutate({ email, password });
    expect((await reusesOf(browser)).items).toMatchObject([{ outcome: "failed", sessionId: session.id }]);
  });

  it("is accepted for thirty seconds after the successor was seen, because tabs refresh at the same time", async () => {
    const { before, after } = await renewed();
    expect(await isSignedIn(after)).toBe(true);
    moveClock(20_000);
    expect(await isSignedIn(before)).toBe(true);
    expect(before.cookies.get(refreshName)).toBe(after.cookies.get(refreshName));
  });

  it("does not extend the thirty seconds when it is used within them", async () => {
    const { before, after } = await renewed();
    expect(await isSignedIn(after)).toBe(true);
    moveClock(20_000);
    expect(await isSignedIn(copyBrowser(before))).toBe(true);
    moveClock(11_000);
    expect(await isSignedIn(copyBrowser(before))).toBe(false);
    expect(await isSignedIn(after)).toBe(false);
  });

  it("ends the session if it is older than the predecessor, although the newest token is unseen", async () => {
    const { before, after } = await renewed();
    await copyBrowser(after, refreshName).client().auth.me.query();
    expect(await isSignedIn(before)).toBe(false);
    expect(await isSignedIn(copyBrowser(after, refreshName))).toBe(false);
  });

  it("is not confirmed by an access token of the generation before", async () => {
    const { browser, before, client } = await renewed();
    // The access token of the sign-in is still valid.
    await client.auth.me.query();
    await overSocket(browser).then((socket) => socket.query("auth.me"));
    moveClock(31_000);
    expect(await isSignedIn(before)).toBe(true);
  });
});

describe("the confirmation of a generation", () => {
  it("writes once per generation, and nothing to the sessions", async () => {
    const { after, user } = await renewed();
    const count = () =>
      runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, { storage: { sql } }) => ({
        changes: sql.exec(`SELECT COUNT(*) AS count FROM _changes WHERE "table" = '_sessions'`).one()["count"],
        unseen: sql.exec("SELECT COUNT(*) AS count FROM _session_details WHERE unseen IS NOT NULL").one()["count"],
      }));
    const before = await count();
    expect(before.unseen).toBe(1);
    for (let calls = 0; calls < 3; calls++) await after.client().auth.me.query();
    // Live queries of the sessions do not read it, so they do not run again.
    expect(await count()).toEqual({ ...before, unseen: 0 });
  });
});
