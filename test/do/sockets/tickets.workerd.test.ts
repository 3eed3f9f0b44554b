import { evictDurableObject } from "cloudflare:test";
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import { env } from "cloudflare:workers";
import superjson from "superjson";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCaller } from "trpc-userdo/worker";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, origin, password, send, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { openSocket, subscribe, upgrade } from "../../fixtures/socket.js";

const noCookies = { cookies: new Map<string, string>() };

afterEach(() => void vi.useRealTimers());

function withToken(token?: string) {
  return createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({
        url: `${origin}/trpc`,
        transformer: superjson,
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
        fetch: (url, init) => send(String(url), init as RequestInit),
      }),
    ],
  });
}

/** Signs up a user who stores the tokens, as an app in a browser without cookies does. */
async function signUpWithTokens() {
  const email = freshEmail();
  const { user, session, tokens } = await withToken().auth.signup.mutate({ email, password, tokens: "body" });
  return { email, user, session, client: withToken(tokens?.accessToken) };
}

async function open(ticket: string, query = ""): Promise<{ status: number; reason: unknown }> {
  const path = `/trpc?ticket=${encodeURIComponent(ticket)}${query}`;
  const { status, webSocket, text } = await upgradeAt(path);
  const reason = text === "" ? undefined : (JSON.parse(text) as { error: { json: { data: { reason?: string } } } });
  webSocket?.accept();
  webSocket?.close();
  return { status, reason: reason?.error.json.data.reason };
}

async function upgradeAt(path: string) {
  const response = await upgrade(noCookies, {}, path);
  return {
    status: response.status,
    webSocket: response.webSocket,
    text: response.webSocket ? "" : await response.text(),
  };
}

const refused = { status: 401, reason: "SOCKET_TICKET_INVALID" };

describe("a socket ticket", () => {
  it("opens a socket of its user, without cookies and headers", async () => {
    const { client } = await signUpWithTokens();
    const { ticket, expiresAt } = await client.auth.socketTicket.mutate();
    expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(30_000);
    const socket = await openSocket(noCookies, `/trpc?ticket=${ticket}`);
    socket.send(subscribe(1, "posts.changes"));
    await socket.until(1);
    await client.posts.create.mutate({ title: "One", body: "" });
    const frames = await socket.until(2);
    expect(frames.map(({ result }) => result?.type)).toEqual(["started", "data"]);
    socket.socket.close();
  });

  it("opens a socket to an organization only for a member", async () => {
    const { client } = await signUpWithTokens();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Engine Club" });
    const stranger = await signUpWithTokens();
    const query = `&organizationId=${organizationId}`;
    const { ticket } = await client.auth.socketTicket.mutate({ organization: organizationId });
    expect((await open(ticket, query)).status).toBe(101);
    const foreign = await stranger.client.auth.socketTicket.mutate({ organization: organizationId });
    expect((await open(foreign.ticket, query)).status).toBe(403);
  });

  it("works once of twenty sockets at the same time", async () => {
    const { client } = await signUpWithTokens();
    const { ticket } = await client.auth.socketTicket.mutate();
    const opened = await Promise.all(Array.from({ length: 20 }, () => open(ticket)));
    expect(opened.filter(({ status }) => status === 101)).toHaveLength(1);
    expect(opened.filter(({ status }) => status !== 101)).toEqual(Array(19).fill(refused));
  });

  it.each(["the user's own object", "an organization", "another organization"])(
    "is used up, and refused, for another object: %s",
    async (target) => {
      const { client } = await signUpWithTokens();
      const one = await client.organizations.create.mutate({ name: "One" });
      const two = await client.organizations.create.mutate({ name: "Two" });
      const issuedFor = target === "an organization" ? undefined : { organization: one.id };
      const usedFor = { "the user's own object": undefined, "an organization": one.id }[target] ?? undefined;
      const { ticket } = await client.auth.socketTicket.mutate(issuedFor);
      const openedAt = target === "another organization" ? two.id : usedFor;
      const query = openedAt === undefined ? "" : `&organizationId=${openedAt}`;
      expect(await open(ticket, query)).toEqual(refused);
      const right = issuedFor ? `&organizationId=${issuedFor.organization}` : "";
      expect(await open(ticket, right)).toEqual(refused);
    },
  );

  it("expires after 30 seconds", async () => {
    const { client } = await signUpWithTokens();
    const { ticket } = await client.auth.socketTicket.mutate();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    expect(await open(ticket)).toEqual(refused);
  });

  it.each(["sign-out", "revocation", "sign-out everywhere", "a new password", "deletion"] as const)(
    "ends with its session: %s",
    async (end) => {
      const { client, email, session } = await signUpWithTokens();
      const { ticket } = await client.auth.socketTicket.mutate();
      const other = await withToken().auth.login.mutate({ email, password, tokens: "body" });
      const elsewhere = withToken(other.tokens?.accessToken);
      if (end === "sign-out") await client.auth.logout.mutate();
      if (end === "revocation") await elsewhere.sessions.revoke.mutate({ id: session.id });
      if (end === "sign-out everywhere") await elsewhere.auth.logoutEverywhere.mutate();
      if (end === "a new password") {
        await elsewhere.auth.changePassword.mutate({ currentPassword: password, newPassword: "another long password" });
      }
      if (end === "deletion") await elsewhere.account.delete.mutate({ password });
      expect(await open(ticket)).toEqual(refused);
    },
  );

  it("is refused by an organization that was deleted since", async () => {
    const owner = await signUpWithTokens();
    const { id: organizationId } = await owner.client.organizations.create.mutate({ name: "Engine Club" });
    const { ticket } = await owner.client.auth.socketTicket.mutate({ organization: organizationId });
    await owner.client.organizations.delete.mutate({ organizationId });
    expect((await open(ticket, `&organizationId=${organizationId}`)).status).toBe(403);
  });

  it("works after the session was refreshed twice with the same refresh token", async () => {
    const email = freshEmail();
    const { tokens } = await withToken().auth.signup.mutate({ email, password, tokens: "body" });
    const { ticket } = await withToken(tokens?.accessToken).auth.socketTicket.mutate();
    await withToken().auth.refresh.mutate({ refreshToken: tokens?.refreshToken ?? "" });
    await withToken().auth.refresh.mutate({ refreshToken: tokens?.refreshToken ?? "" });
    expect((await open(ticket)).status).toBe(101);
  });

  it("is read once from a URL: duplicates and encoded names are refused", async () => {
    const { client } = await signUpWithTokens();
    const { ticket } = await client.auth.socketTicket.mutate();
    for (const path of [`/trpc?ticket=${ticket}&ticket=x`, `/trpc?%74icket=x&ticket=${ticket}`]) {
      const { status, text } = await upgradeAt(path);
      expect(status).toBe(400);
      expect(text).not.toContain(ticket);
    }
    expect((await upgradeAt(`/trpc?%74icket=${ticket}`)).status).toBe(101);
  });

  it("is refused after the object was evicted, and a new one works", async () => {
    const { client, user } = await signUpWithTokens();
    const { ticket } = await client.auth.socketTicket.mutate();
    await evictDurableObject(env.BLOG_DO.getByName(`user:${user.id}`));
    expect(await open(ticket)).toEqual(refused);
    expect((await open((await client.auth.socketTicket.mutate()).ticket)).status).toBe(101);
  });

  it.each([
    ["a made-up one", () => "made.up.ticket"],
    ["an access token", ({ access }: { access: string }) => access],
    ["nothing", () => ""],
    ["one with another signature", ({ ticket }: { ticket: string }) => `${ticket.slice(0, -4)}AAAA`],
    ["a long one", () => "x".repeat(5_000)],
  ])("is refused without repeating its text when it is forged: %s", async (_name, forge) => {
    const email = freshEmail();
    const { tokens } = await withToken().auth.signup.mutate({ email, password, tokens: "body" });
    const access = tokens?.accessToken ?? "";
    const { ticket } = await withToken(access).auth.socketTicket.mutate();
    const forged = forge({ access, ticket });
    const { status, text } = await upgradeAt(`/trpc?ticket=${encodeURIComponent(forged)}`);
    expect(status).toBe(401);
    if (forged !== "") expect(text).not.toContain(forged);
  });

  it("does not authenticate calls over HTTP", async () => {
    const { client } = await signUpWithTokens();
    const { ticket } = await client.auth.socketTicket.mutate();
    expect((await send(`/trpc/auth.me?ticket=${ticket}`)).status).toBe(401);
    await expect(withToken(ticket).auth.me.query()).rejects.toThrow();
    expect((await open(ticket)).status).toBe(101);
  });

  it("acts alone, and ignores cookies of another user that the browser adds", async () => {
    const { client, user } = await signUpWithTokens();
    const { ticket } = await client.auth.socketTicket.mutate();
    const { browser } = await signUp();
    const socket = await openSocket(browser, `/trpc?ticket=${ticket}`);
    socket.send({ id: 1, method: "query", params: { path: "auth.me", input: {} } });
    const [frame] = await socket.until(1);
    expect(frame?.result?.data?.json).toMatchObject({ user: { id: user.id } });
    socket.socket.close();
  });

  it("does not open a socket for a page of a foreign origin", async () => {
    const { client } = await signUpWithTokens();
    const { ticket } = await client.auth.socketTicket.mutate();
    const headers = { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" };
    expect((await upgrade(noCookies, headers, `/trpc?ticket=${ticket}`)).status).toBe(403);
  });

  it("is issued only over HTTP, and only to a session", async () => {
    expect(await codeOf(withToken().auth.socketTicket.mutate())).toBe("UNAUTHORIZED");
    const { user, client } = await signUpWithTokens();
    const caller = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id });
    expect(await codeOf(caller.auth.socketTicket())).toBe("BAD_REQUEST");
    const { ticket } = await client.auth.socketTicket.mutate();
    const socket = await openSocket(noCookies, `/trpc?ticket=${ticket}`);
    socket.send({ id: 1, method: "mutation", params: { path: "auth.socketTicket", input: {} } });
    const [frame] = await socket.until(1);
    expect(frame?.error?.json.data.code).toBe("BAD_REQUEST");
    socket.socket.close();
  });

  it("is also issued to a browser with cookies", async () => {
    const browser = openBrowser();
    await browser.client().auth.signup.mutate({ email: freshEmail(), password });
    const { ticket } = await browser.client().auth.socketTicket.mutate();
    expect((await open(ticket)).status).toBe(101);
  });

  it("replaces the oldest unused one beyond a hundred", async () => {
    const { client } = await signUpWithTokens();
    const { ticket: first } = await client.auth.socketTicket.mutate();
    let last = first;
    for (let n = 0; n < 100; n++) ({ ticket: last } = await client.auth.socketTicket.mutate());
    expect(await open(first)).toEqual(refused);
    expect((await open(last)).status).toBe(101);
  });
});
