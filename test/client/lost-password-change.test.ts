import { WebSocket as NodeWebSocket } from "ws";
import { app } from "../fixtures/served-app.js";
import { describe, expect, it } from "vitest";
import { createClient, errorReason, onSignInChange, type SessionTokens } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";
import { createNodeClient } from "../fixtures/node-client.js";

const password = "correct horse battery";
const change = { currentPassword: password, newPassword: "another horse battery" };
const eventually = { timeout: 10_000 };
const freshEmail = () => `${crypto.randomUUID()}@example.com`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A fetch that sends the request and loses the reply, the first time that a path is requested. */
function losingFetch(path: string): typeof fetch {
  let isLost = false;
  return async (url, init) => {
    const response = await fetch(url, init);
    if (isLost || !String(url).includes(path)) return response;
    isLost = true;
    await response.text();
    throw new TypeError("fetch failed");
  };
}

function openWithTokens() {
  const store: { tokens: SessionTokens | undefined } = { tokens: undefined };
  return createClient<AppRouter>({
    url: `${app.origin}/trpc`,
    fetch: losingFetch("auth.changePassword") as never,
    WebSocket: NodeWebSocket,
    tokens: { get: () => store.tokens, set: (tokens) => void (store.tokens = tokens) },
  });
}

const clients = {
  "its own tokens": openWithTokens,
  cookies: () => createNodeClient<AppRouter>(app.origin, losingFetch("auth.changePassword") as never).client,
};

describe.each(Object.entries(clients))("a client with %s that loses the reply to a password change", (_name, open) => {
  it("stays signed in, can repeat the call, and keeps its subscription", async () => {
    const client = open();
    await client.auth.signup.mutate({ email: freshEmail(), password });
    const changes: string[] = [];
    onSignInChange(client, (each) => changes.push(each));
    const titles: string[] = [];
    const started: string[] = [];
    const subscription = client.posts.changes.subscribe(undefined, {
      onStarted: () => started.push("started"),
      onData: ({ data }) => void (data.type === "create" && titles.push(data.data.title)),
    });
    await expect.poll(() => started.length, eventually).toBe(1);

    await expect(client.auth.changePassword.mutate(change)).rejects.toThrow();
    const error = await client.posts.list.query().catch((error: unknown) => error);
    expect(errorReason(error)).toBe("PASSWORD_CHANGED");
    const me = await client.auth.me.query().catch((error: unknown) => error);
    expect(errorReason(me)).toBe("PASSWORD_CHANGED");
    // Longer than the client waits before it checks who is signed in.
    await pause(1_000);
    expect(changes).toEqual([]);

    await client.auth.changePassword.mutate(change);
    expect(await client.posts.list.query()).toEqual([]);
    await expect.poll(() => started.length, eventually).toBeGreaterThan(1);
    await client.posts.create.mutate({ title: "Heard", body: "" });
    await expect.poll(() => titles, eventually).toEqual(["Heard"]);
    expect(changes).toEqual([]);
    subscription.unsubscribe();
  }, 30_000);
});
