import { WebSocket as NodeWebSocket } from "ws";
import { app } from "../fixtures/served-app.js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createClient, onSignInChange, type SessionTokens } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

afterEach(() => void vi.useRealTimers());

const password = "correct horse battery";

/** A client that is not a browser, the tokens that it stores, and the paths that it requests. */
function open(stored?: SessionTokens) {
  const requests: string[] = [];
  const store: { tokens: SessionTokens | undefined } = { tokens: stored };
  const client = createClient<AppRouter>({
    url: `${app.origin}/trpc`,
    fetch(url, init) {
      requests.push(new URL(String(url)).pathname.replace("/trpc/", ""));
      return fetch(url as string, init as RequestInit);
    },
    WebSocket: NodeWebSocket,
    tokens: {
      get: () => store.tokens,
      set: async (tokens) => {
        // As slow as a file or a key chain.
        await new Promise((resolve) => setTimeout(resolve, 5));
        store.tokens = tokens;
      },
    },
  });
  return { client, requests, store };
}

async function signUp() {
  const opened = open();
  const email = `${crypto.randomUUID()}@example.com`;
  const { user } = await opened.client.auth.signup.mutate({ email, password });
  return { ...opened, email, user };
}

describe("a client that stores its own tokens", () => {
  it("signs up, calls, signs out and signs in with them", async () => {
    const { client, store, email, user } = await signUp();
    expect(store.tokens?.accessToken).toEqual(expect.any(String));
    expect((await client.auth.me.query()).user.id).toBe(user.id);
    const changes: string[] = [];
    onSignInChange(client, (change) => changes.push(change));
    await client.auth.logout.mutate();
    expect(store.tokens).toBeUndefined();
    await expect(client.auth.me.query()).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
    await client.auth.login.mutate({ email, password });
    expect((await client.auth.me.query()).user.id).toBe(user.id);
    expect(changes).toEqual(["signedOut", "signedIn"]);
  });

  it("refreshes once for many calls, before the token expires", async () => {
    const { client, requests, store } = await signUp();
    const before = store.tokens!;
    store.tokens = { ...before, accessExpiresAt: Date.now() + 5_000 };
    requests.length = 0;
    await Promise.all(Array.from({ length: 30 }, () => client.posts.list.query()));
    expect(requests.filter((path) => path === "auth.refresh")).toHaveLength(1);
    expect(store.tokens.refreshToken).not.toBe(before.refreshToken);
  });

  it("refreshes once, and again in time, on a device whose clock is an hour ahead", async () => {
    const { client, requests, store } = await signUp();
    vi.useFakeTimers({ toFake: ["Date", "performance"], now: Date.now() + 3_600_000 });
    requests.length = 0;
    for (let calls = 0; calls < 5; calls++) await client.posts.list.query();
    expect(requests.filter((path) => path === "auth.refresh")).toHaveLength(1);
    vi.advanceTimersByTime(61_000);
    await client.posts.list.query();
    expect(requests.filter((path) => path === "auth.refresh")).toHaveLength(2);
    store.tokens = { ...store.tokens!, accessToken: `${store.tokens!.accessToken}x` };
    await client.posts.list.query();
    expect(requests.filter((path) => path === "auth.refresh")).toHaveLength(3);
  });

  it("refreshes once for many calls that were rejected for their token, and sends them again", async () => {
    const { client, requests, store } = await signUp();
    store.tokens = { ...store.tokens!, accessToken: `${store.tokens!.accessToken}x` };
    requests.length = 0;
    // The calls go in batches of twenty, so several requests are rejected.
    const lists = await Promise.all(Array.from({ length: 50 }, () => client.posts.list.query()));
    expect(lists).toHaveLength(50);
    expect(requests.filter((path) => path === "auth.refresh")).toHaveLength(1);
    await client.posts.create.mutate({ title: "One", body: "" });
    expect(await client.posts.list.query()).toHaveLength(1);
  });

  it("reports an UNAUTHORIZED for another reason once, and does not refresh", async () => {
    const { client, requests, email } = await signUp();
    requests.length = 0;
    await expect(client.auth.login.mutate({ email, password: "wrong password" })).rejects.toMatchObject({
      data: { code: "UNAUTHORIZED" },
    });
    expect(requests).toEqual(["auth.login"]);
  });

  it("signs out when its session has ended, whether its token has expired or not", async () => {
    for (const isExpired of [false, true]) {
      const { client, store, email } = await signUp();
      const other = open();
      await other.client.auth.login.mutate({ email, password });
      await other.client.sessions.revokeOthers.mutate();
      const changes: string[] = [];
      onSignInChange(client, (change) => changes.push(change));
      if (isExpired) store.tokens = { ...store.tokens!, accessExpiresAt: 0 };
      await expect(client.auth.me.query()).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
      await expect.poll(() => store.tokens).toBeUndefined();
      await expect(client.auth.me.query()).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
      expect(changes).toEqual(["signedOut"]);
    }
  });

  it("detects over its socket, without a call, that its session was revoked elsewhere", async () => {
    const { client, store, email } = await signUp();
    const changes: string[] = [];
    onSignInChange(client, (change) => changes.push(change));
    let starts = 0;
    const subscription = client.posts.changes.subscribe(undefined, { onStarted: () => starts++ });
    await expect.poll(() => starts).toBe(1);
    const other = open();
    await other.client.auth.login.mutate({ email, password });
    expect(await other.client.sessions.revokeOthers.mutate()).toBe(1);
    await expect.poll(() => changes).toEqual(["signedOut"]);
    expect(store.tokens).toBeUndefined();
    subscription.unsubscribe();
  });

  it("stays signed in after a password change, with the tokens and a socket of the new session", async () => {
    const { client, store } = await signUp();
    const before = store.tokens!;
    const changes: string[] = [];
    onSignInChange(client, (change) => changes.push(change));
    const received: string[] = [];
    let starts = 0;
    const subscription = client.posts.changes.subscribe(undefined, {
      onStarted: () => starts++,
      onData: ({ data }) => void (data.type === "create" && received.push(data.data.title)),
    });
    await expect.poll(() => starts).toBe(1);
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword: "another horse battery" });
    expect(store.tokens!.refreshToken.split(".")[1]).not.toBe(before.refreshToken.split(".")[1]);
    await client.posts.create.mutate({ title: "Still here", body: "" });
    await expect.poll(() => received).toEqual(["Still here"]);
    expect(changes).toEqual([]);
    subscription.unsubscribe();
  });

  it("stays signed in after a wrong password in a reauthentication", async () => {
    const { client, store, requests, user } = await signUp();
    const before = store.tokens;
    const changes: string[] = [];
    onSignInChange(client, (change) => changes.push(change));
    await expect(client.account.delete.mutate({ password: "not the password" })).rejects.toMatchObject({
      data: { code: "UNAUTHORIZED" },
    });
    await expect.poll(() => requests.at(-1)).toBe("auth.me");
    expect((await client.auth.me.query()).user).toEqual(user);
    expect(store.tokens).toEqual(before);
    expect(changes).toEqual([]);
  });

  it("signs out after signing out everywhere and after deleting the account", async () => {
    for (const end of ["logoutEverywhere", "delete"]) {
      const { client, store } = await signUp();
      const changes: string[] = [];
      onSignInChange(client, (change) => changes.push(change));
      if (end === "delete") await client.account.delete.mutate({ password });
      else await client.auth.logoutEverywhere.mutate();
      expect(store.tokens).toBeUndefined();
      expect(changes).toEqual(["signedOut"]);
    }
  });

  it("keeps its tokens when the server is unreachable", async () => {
    const { store } = await signUp();
    const stored = { ...store.tokens!, accessExpiresAt: 0 };
    const offline = createClient<AppRouter>({
      url: "http://127.0.0.1:9/trpc",
      tokens: { get: () => stored, set: () => Promise.reject(new Error("Tokens were changed.")) },
    });
    await expect(offline.auth.me.query()).rejects.toThrow("could not be reached");
  });

  it("authenticates its socket with a fresh token", async () => {
    const { client, store, requests } = await signUp();
    store.tokens = { ...store.tokens!, accessExpiresAt: 0 };
    requests.length = 0;
    const received: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const subscription = client.posts.changes.subscribe(undefined, {
        onStarted: () => void client.posts.create.mutate({ title: "Live", body: "" }).catch(reject),
        onError: reject,
        onData({ data }) {
          if (data.type === "create") received.push(data.data.title);
          subscription.unsubscribe();
          resolve();
        },
      });
    });
    expect(received).toEqual(["Live"]);
    expect(requests.filter((path) => path === "auth.refresh")).toHaveLength(1);
  });
});
