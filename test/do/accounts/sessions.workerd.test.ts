import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { codeOf } from "../../fixtures/error-code.js";
import { openBrowser, password, sessionCookies, signUp } from "../../fixtures/browser.js";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { openSocket } from "../../fixtures/socket.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

afterEach(() => void vi.useRealTimers());

/** Another browser with the same user in it. */
async function signInElsewhere(email: string, userAgent = firefox) {
  const browser = openBrowser();
  const response = await browser.fetch("/trpc/auth.login", {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": userAgent },
    body: JSON.stringify({ json: { email, password } }),
  });
  const { result } = (await response.json()) as { result: { data: { json: { session: { id: string } } } } };
  return { browser, client: browser.client(), id: result.data.json.session.id };
}

describe("a user's sessions", () => {
  it("include device, times and which one is current, and no secrets", async () => {
    const { client, email, session } = await signUp();
    const elsewhere = await signInElsewhere(email);
    const list = await client.sessions.list.query();
    expect(list).toHaveLength(2);
    expect(list.find(({ id }) => id === session.id)).toMatchObject({ current: true, name: undefined });
    const other = list.find(({ id }) => id === elsewhere.id);
    expect(other).toEqual({
      id: elsewhere.id,
      device: "Firefox on Windows",
      name: undefined,
      createdAt: expect.any(Date),
      lastSeenAt: expect.any(Date),
      expiresAt: expect.any(Date),
      endsAt: expect.any(Date),
      current: false,
    });
    expect(other!.endsAt.getTime() - other!.createdAt.getTime()).toBe(90 * 24 * 60 * MINUTE);
    expect(other!.expiresAt.getTime() - other!.createdAt.getTime()).toBe(7 * 24 * 60 * MINUTE);
  });

  it("refuse the next call and close their sockets when they are revoked", async () => {
    const { client, email } = await signUp();
    const elsewhere = await signInElsewhere(email);
    const socket = await openSocket(elsewhere.browser);
    await client.sessions.revoke.mutate({ id: elsewhere.id });
    expect(await socket.closed).toMatchObject({ code: 4401 });
    expect(await codeOf(elsewhere.client.auth.me.query())).toBe("UNAUTHORIZED");
    expect(sessionCookies(elsewhere.browser)).toEqual([]);
    expect(await client.sessions.list.query()).toHaveLength(1);
  });

  it("reject the refresh token when they are revoked", async () => {
    const { client, email } = await signUp();
    const elsewhere = await signInElsewhere(email);
    await client.sessions.revoke.mutate({ id: elsewhere.id });
    elsewhere.browser.cookies.delete("__Host-userdo-access");
    expect(await codeOf(elsewhere.client.auth.me.query())).toBe("UNAUTHORIZED");
  });

  it("include the current one, whose revocation signs the caller out", async () => {
    const { browser, client, session } = await signUp();
    await client.sessions.revoke.mutate({ id: session.id });
    expect(sessionCookies(browser)).toEqual([]);
    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
  });

  it("are all revoked by revokeOthers except the current one", async () => {
    const { client, email, session } = await signUp();
    const others = [await signInElsewhere(email), await signInElsewhere(email)];
    const socket = await openSocket(others[0]!.browser);
    expect(await client.sessions.revokeOthers.mutate()).toBe(2);
    expect(await socket.closed).toMatchObject({ code: 4401 });
    for (const other of others) expect(await codeOf(other.client.auth.me.query())).toBe("UNAUTHORIZED");
    expect((await client.sessions.list.query()).map(({ id }) => id)).toEqual([session.id]);
    expect(await client.sessions.revokeOthers.mutate()).toBe(0);
  });

  it("can all be revoked by a Worker with the binding", async () => {
    const { client, email, user } = await signUp();
    const elsewhere = await signInElsewhere(email);
    expect(await createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id }).sessions.revokeOthers()).toBe(2);
    for (const one of [client, elsewhere.client]) expect(await codeOf(one.auth.me.query())).toBe("UNAUTHORIZED");
  });

  it("are NOT_FOUND to another user and not revoked", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    expect(await codeOf(bob.client.sessions.revoke.mutate({ id: ada.session.id }))).toBe("NOT_FOUND");
    expect(await codeOf(bob.client.sessions.rename.mutate({ id: ada.session.id, name: "Mine" }))).toBe("NOT_FOUND");
    expect((await ada.client.sessions.list.query())[0]).toMatchObject({ name: undefined });
    expect(await codeOf(bob.client.sessions.revoke.mutate({ id: "x".repeat(65) }))).toBe("BAD_REQUEST");
    expect(await codeOf(openBrowser().client().sessions.list.query())).toBe("UNAUTHORIZED");
  });

  it("can be renamed", async () => {
    const { client, session } = await signUp();
    await client.sessions.rename.mutate({ id: session.id, name: "  Work <b>laptop</b> " });
    expect((await client.sessions.list.query())[0]).toMatchObject({ name: "Work <b>laptop</b>" });
  });

  it.each(["", "   ", "x".repeat(65), "a\r\nb", "a\u0000b", "\uD800"])("refuse %j as a name", async (name) => {
    const { client, session } = await signUp();
    expect(await codeOf(client.sessions.rename.mutate({ id: session.id, name }))).toBe("BAD_REQUEST");
  });

  it("store when they were last used, at most every five minutes", async () => {
    const { client, user } = await signUp();
    const seen = async () => (await client.sessions.list.query())[0]!.lastSeenAt.getTime();
    const first = await seen();
    moveClock(4 * MINUTE);
    await client.auth.me.query();
    expect(await seen()).toBe(first);
    moveClock(2 * MINUTE);
    await client.auth.me.query();
    expect(await seen()).toBeGreaterThan(first + 5 * MINUTE);
    await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, state) => {
      const [row] = state.storage.sql.exec("SELECT last_seen_at, expires_at FROM _sessions").toArray();
      expect(row?.["last_seen_at"]).toBeGreaterThan(first);
    });
  });

  it("are not listed after they have ended", async () => {
    const { client, email } = await signUp();
    moveClock(6 * 24 * 60 * MINUTE);
    const { client: fresh } = await signInElsewhere(email);
    expect(await fresh.sessions.list.query()).toHaveLength(2);
    moveClock(2 * 24 * 60 * MINUTE);
    expect(await fresh.sessions.list.query()).toHaveLength(1);
    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
  });
});
