import { env } from "cloudflare:workers";
import { createLoadSession } from "trpc-userdo/worker";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { slow, type AppRouter } from "../../fixtures/app/router.js";
import {
  freshEmail,
  openBrowser,
  origin,
  password,
  sessionCookies,
  signUp,
  type Browser,
} from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { upgrade } from "../../fixtures/socket.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const refreshName = "__Host-userdo-refresh";
const loadSession = createLoadSession<AppRouter>({ binding: "BLOG_DO" });

afterEach(() => void vi.useRealTimers());
// If a test fails, no later test waits for it.
afterAll(() => slow.go.resolve());

/** A browser that has only the refresh token of another. */
function withRefreshOf({ cookies }: Browser): Browser {
  const copy = openBrowser();
  copy.cookies.set(refreshName, cookies.get(refreshName) ?? "");
  return copy;
}

describe("a refresh token that was replaced", () => {
  it("opens no socket and loads no session once the grace period is over", async () => {
    const { browser, client } = await signUp();
    const old = withRefreshOf(browser);
    const cookie = `${refreshName}=${old.cookies.get(refreshName)}`;
    const load = () => loadSession(new Request(origin, { headers: { cookie } }), env);
    await client.auth.refresh.mutate();
    // A tab that still has the old token.
    const opened = await upgrade(old);
    expect(opened.status).toBe(101);
    opened.webSocket?.accept();
    opened.webSocket?.close();
    expect(await load()).not.toBeNull();
    moveClock(31_000);
    // Presents the successor.
    expect(await codeOf(client.auth.me.query())).toBe("none");
    expect(await load()).toBeNull();
    // A client that presents it in the user's object ends this session, as with any call.
    expect((await upgrade(old)).status).toBe(401);
    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
  });

  it("of an older generation is refused immediately", async () => {
    const { browser, client } = await signUp();
    const old = withRefreshOf(browser);
    await client.auth.refresh.mutate();
    await client.auth.refresh.mutate();
    expect((await upgrade(old)).status).toBe(401);
  });
});

describe("a tab whose access token expired", () => {
  it("keeps the new cookies when another tab changes the password during its renewal", async () => {
    const { browser, client } = await signUp();
    const tabs = [withRefreshOf(browser), withRefreshOf(browser)] as const;
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword: "another horse battery" });
    expect(await codeOf(tabs[0].client().posts.list.query())).toBe("UNAUTHORIZED");
    expect(await codeOf(tabs[1].client().auth.refresh.mutate())).toBe("UNAUTHORIZED");
    for (const tab of tabs) expect(sessionCookies(tab)).toEqual([refreshName]);
  });
});

describe("a token of another app in the same Worker", () => {
  it("is ignored there, calls no object, and stays valid in its own app", async () => {
    const { browser } = await signUp();
    const copy = withRefreshOf(browser);
    expect(await codeOf(copy.client("batch", "/other").auth.me.query())).toBe("UNAUTHORIZED");
    const refreshToken = copy.cookies.get(refreshName) ?? "";
    expect(refreshToken).not.toBe("");
    const { auth } = openBrowser().client("batch", "/other");
    const refused = (await auth.refresh.mutate({ refreshToken }).catch((error: unknown) => error)) as Error;
    expect(refused.message).toContain("refresh token is missing or not valid");
    expect(await codeOf(copy.client().auth.me.query())).toBe("none");
  });
});

describe("clocks that differ", () => {
  it("do not prevent the use of a token before it expires, when the object's clock is slightly ahead", async () => {
    const { tokens } = await openBrowser()
      .client()
      .auth.signup.mutate({ email: freshEmail(), password, tokens: "body" });
    const headers = { Authorization: `Bearer ${tokens?.accessToken}` };
    const status = async () => (await openBrowser().fetch("/trpc/auth.me", { headers })).status;
    moveClock(-63_000);
    expect(await status()).toBe(401);
    moveClock(60_000);
    expect(await status()).toBe(200);
    // Two seconds more than its lifetime, because a test's own clock stands still between events.
    moveClock(5_000 + 15 * MINUTE);
    expect(await status()).toBe(401);
  });
});

describe("revoking one's own session over batch-stream", () => {
  it.each(["revoke", "logout", "logoutEverywhere", "delete"] as const)("clears the cookies: %s", async (way) => {
    const { browser, session } = await signUp();
    const client = browser.client("stream");
    if (way === "revoke") await client.sessions.revoke.mutate({ id: session.id });
    else if (way === "delete") await client.account.delete.mutate({ password });
    else await client.auth[way].mutate();
    expect(sessionCookies(browser)).toEqual([]);
  });

  it("keeps the cookies when another session is revoked beside other calls of the batch", async () => {
    const { browser, email } = await signUp();
    const elsewhere = await openBrowser().client().auth.login.mutate({ email, password });
    const client = browser.client("stream");
    await Promise.all([
      client.posts.create.mutate({ title: "One", body: "" }),
      client.sessions.revoke.mutate({ id: elsewhere.session.id }),
    ]);
    expect(sessionCookies(browser)).toHaveLength(3);
    expect(await client.sessions.list.query()).toHaveLength(1);
  });
});

describe("a session that was revoked elsewhere, over batch-stream", () => {
  it("is refused and clears its cookies in the response head, which waits for the first answer", async () => {
    const { browser, client, session, email } = await signUp();
    const other = openBrowser().client();
    await other.auth.login.mutate({ email, password });
    expect(await client.posts.list.query()).toEqual([]);
    await other.sessions.revoke.mutate({ id: session.id });
    const streaming = browser.client("stream");
    const codes = [codeOf(streaming.posts.list.query()), codeOf(streaming.auth.me.query())];
    expect(await Promise.all(codes)).toEqual(["UNAUTHORIZED", "UNAUTHORIZED"]);
    expect(sessionCookies(browser)).toEqual([]);
  });

  it("does not delay the response head for a slower object", async () => {
    const { browser, client } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Slow" });
    slow.came = Promise.withResolvers();
    slow.go = Promise.withResolvers();
    const response = await browser.fetch("/trpc/posts.create,projects.createSlowly?batch=1", {
      method: "POST",
      headers: { "content-type": "application/json", "trpc-accept": "application/jsonl" },
      body: JSON.stringify({ 0: { json: { title: "Fast", body: "" } }, 1: { json: { organizationId, name: "Late" } } }),
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const until = async (expected: string): Promise<void> => {
      while (!text.includes(expected)) {
        const { value = "" } = (await reader?.read()) ?? {};
        if (value === "") throw new Error(`The stream ended without "${expected}".`);
        text += value;
      }
    };
    await until("Fast");
    await slow.came.promise;
    expect(text).not.toContain("Late");
    slow.go.resolve();
    await until("Late");
  });
});
