import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openCookieTab, type CookieBrowser } from "./interleavings/cookie-tab.js";

beforeEach(() => void vi.stubGlobal("window", globalThis));
afterEach(() => void vi.unstubAllGlobals());

const pause = (ms = 5): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Sent {
  readonly paths: readonly string[];
  /** The user that the request names. */
  readonly user: string | null;
}

let count = 0;

/** A browser with the cookies of a user, and a server that names the user in each reply. */
function openBrowser(user: string) {
  const sent: Sent[] = [];
  const signedIn = { user };
  const browser: CookieBrowser = {
    origin: `http://localhost:${++count}`,
    cookies: new Map(),
    async send(url, init) {
      const paths = new URL(url).pathname.replace("/trpc/", "").split(",");
      sent.push({ paths, user: new Headers(init.headers).get("userdo-user") });
      const isIn = signedIn.user !== "anonymous";
      const data = { code: "UNAUTHORIZED", httpStatus: 401 };
      const reply = isIn
        ? { result: { data: { json: { user: { id: signedIn.user } } } } }
        : { error: { json: { message: "Sign in.", code: -32_001, data } } };
      const replies = paths.map(() => reply);
      return Response.json(replies, { status: isIn ? 200 : 401, headers: { "userdo-user": signedIn.user } });
    },
  };
  return { browser, sent, signedIn };
}

/** A tab in which every request gets its reply at once. */
function openTab(browser: CookieBrowser) {
  const changes: string[] = [];
  const { client, pending } = openCookieTab(browser, (change, user) =>
    changes.push(user ? `${change} ${user}` : change),
  );
  async function run<TResult>(call: Promise<TResult>): Promise<TResult> {
    call.catch(() => {});
    await pause();
    for (const request of pending.slice()) await request.arrive();
    return call;
  }
  return { client, pending, changes, run };
}

const SESSION_CHANGED = { data: { code: "UNAUTHORIZED", reason: "SESSION_CHANGED" } };

describe("a client with cookies", () => {
  it("names the user in mutations only", async () => {
    const { browser, sent } = openBrowser("a");
    const { client, run } = openTab(browser);
    await run(client.posts.list.query());
    await run(client.posts.create.mutate({ title: "A", body: "" }));
    await run(client.posts.list.query());
    await run(client.auth.login.mutate({ email: "a@example.com", password: "a password" }));
    await run(client.posts.create.mutate({ title: "A", body: "" }));
    expect(sent.map(({ user }) => user)).toEqual([null, "a", null, null, "a"]);
  });

  it("does not deliver a reply to another user, and reports that another user signed in", async () => {
    const { browser, signedIn } = openBrowser("a");
    const { client, changes, run } = openTab(browser);
    await run(client.posts.list.query());
    signedIn.user = "b";
    await expect(run(client.posts.list.query())).rejects.toMatchObject(SESSION_CHANGED);
    expect(changes).toEqual(["signedIn"]);
    await run(client.posts.list.query());
    expect(changes).toEqual(["signedIn"]);
  });

  it("names the anonymous user after a sign-out, and the new user after a sign-in", async () => {
    const { browser, sent, signedIn } = openBrowser("a");
    const { client, changes, run } = openTab(browser);
    await run(client.posts.list.query());
    signedIn.user = "anonymous";
    await run(client.auth.logout.mutate()).catch(() => {});
    await run(client.posts.create.mutate({ title: "", body: "" })).catch(() => {});
    signedIn.user = "b";
    await run(client.auth.login.mutate({ email: "b@example.com", password: "a password" }));
    await run(client.posts.create.mutate({ title: "B", body: "" }));
    expect(sent.map(({ user }) => user)).toEqual([null, "a", "anonymous", null, "b"]);
    expect(changes).toEqual(["signedOut", "signedIn b"]);
  });

  it("aborts the calls of a signed-out page when a user has signed in elsewhere", async () => {
    const { browser, signedIn } = openBrowser("anonymous");
    const { client, changes, run } = openTab(browser);
    await run(client.auth.me.query()).catch(() => {});
    signedIn.user = "b";
    await expect(run(client.posts.list.query())).rejects.toMatchObject(SESSION_CHANGED);
    expect(changes).toContain("signedIn");
  });
});

describe("a reply that arrives after another reply has ended the session", () => {
  async function replyLate(first: string | undefined, late: string) {
    const { browser, signedIn } = openBrowser(first ?? late);
    const { client, pending, run } = openTab(browser);
    if (first !== undefined) await run(client.auth.me.query()).catch(() => {});
    const me = client.auth.me.query();
    me.catch(() => {});
    await pause();
    const list = client.posts.list.query();
    list.catch(() => {});
    await pause();
    signedIn.user = late;
    await pending[1]?.send();
    signedIn.user = "anonymous";
    await pending[0]?.arrive();
    await expect(me).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
    await pending[0]?.arrive();
    return list;
  }

  it.each([
    ["a page of another user", "a"],
    ["a signed-out page", "anonymous"],
    ["a page that knows only that no user is signed in", undefined],
  ])("is not delivered to %s", async (_what, first) => {
    await expect(replyLate(first, "b")).rejects.toMatchObject(SESSION_CHANGED);
  });

  it("is delivered to a page of the same user", async () => {
    expect(await replyLate("a", "a")).toEqual({ user: { id: "a" } });
  });
});

describe("another tab, when a page is loaded after a form", () => {
  it.each([
    ["signed in another user", "b", "signedIn"],
    ["signed out", "anonymous", "signedOut"],
  ])("detects that the form %s", async (_what, user, change) => {
    const { browser, signedIn } = openBrowser("a");
    const tab = openTab(browser);
    await tab.run(tab.client.auth.me.query());
    signedIn.user = user;
    const loaded = openTab(browser);
    await loaded.run(loaded.client.auth.me.query()).catch(() => {});
    for (let round = 0; round < 100 && tab.changes.length === 0; round++) {
      await pause(10);
      for (const request of tab.pending.slice()) await request.arrive();
    }
    await pause();
    expect(tab.changes).toEqual([change]);
  });

  it("reports no change for a page of the same user", async () => {
    const { browser, sent } = openBrowser("a");
    const tab = openTab(browser);
    await tab.run(tab.client.auth.me.query());
    const loaded = openTab(browser);
    await loaded.run(loaded.client.auth.me.query());
    await pause(400);
    expect(tab.changes).toEqual([]);
    expect(sent).toHaveLength(2);
  });
});
