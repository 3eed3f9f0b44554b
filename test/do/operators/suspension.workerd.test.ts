import { env, exports } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { createCaller, createLoadSession } from "trpc-userdo/worker";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import type { StreamsRouter } from "../../fixtures/app/streams.js";
import { copyBrowser, openBrowser, origin, password, sessionCookies, signUp } from "../../fixtures/browser.js";
import { startLive } from "../../fixtures/live.js";
import { countMails, tokenTo } from "../../fixtures/mail.js";
import { moveClock } from "../../fixtures/move-clock.js";
import { openSocket, subscribe, upgrade } from "../../fixtures/socket.js";
import { signUpToStreams } from "../../fixtures/stock-client.js";
import { overHttp, overRpc } from "../../fixtures/transports.js";
import { refusalOf, suspend, SUSPENDED, unsuspend } from "./operate.js";

afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;

const signIn = (email: string, given = password) =>
  openBrowser().client().auth.login.mutate({ email, password: given });

/** Expires the access token of a browser: only the refresh token is left. */
function dropAccess({ cookies }: { readonly cookies: Map<string, string> }): void {
  for (const name of cookies.keys()) if (name.endsWith("-access")) cookies.delete(name);
}

describe("a suspended account", () => {
  it.each(["single", "batch", "batch-stream"] as const)(
    "refuses calls over HTTP and clears the session's cookies: %s",
    async (name) => {
      const { browser, user } = await signUp();
      await suspend(user);
      const copy = copyBrowser(browser);
      expect(await refusalOf(overHttp(browser, name).query("posts.list"))).toBe(SUSPENDED);
      expect(await refusalOf(overHttp(copy, name).mutate("posts.create", { title: "a", body: "" }))).toBe(SUSPENDED);
      // The head of a streamed response is sent before the calls have run.
      if (name !== "batch-stream") expect(sessionCookies(browser)).toEqual([]);
    },
  );

  it("refuses every call of a batch", async () => {
    const { browser, client, user } = await signUp();
    await suspend(user);
    const calls = await Promise.all([1, 2, 3].map(() => refusalOf(client.posts.list.query())));
    expect(calls).toEqual([SUSPENDED, SUSPENDED, SUSPENDED]);
    expect(sessionCookies(browser)).toEqual([]);
  });

  it("refuses a browser with only a refresh token, and an exchange of the token", async () => {
    const { browser, user } = await signUp();
    await suspend(user);
    const [calling, refreshing] = [copyBrowser(browser), copyBrowser(browser)];
    dropAccess(calling);
    expect(await refusalOf(calling.client().posts.list.query())).toBe(SUSPENDED);
    expect(sessionCookies(calling)).toEqual([]);
    expect(await refusalOf(refreshing.client().auth.refresh.mutate())).toBe(SUSPENDED);
    expect(sessionCookies(refreshing)).toEqual([]);
  });

  it("hides the caller from a procedure that runs in the Worker, if only a refresh token is left", async () => {
    const { browser, user } = await signUp();
    await suspend(user);
    dropAccess(browser);
    expect(await browser.client("http").ping.query()).toEqual({ pong: true, callerType: "anonymous" });
  });

  it("refuses server callers", async () => {
    const { user } = await signUp();
    await suspend(user);
    const caller = overRpc(user.id);
    expect(await refusalOf(caller.query("posts.list"))).toBe(SUSPENDED);
    expect(await refusalOf(caller.mutate("posts.create", { title: "a", body: "" }))).toBe(SUSPENDED);
  });

  it("refuses a sign-in with the right password only, and does not count it as a wrong one", async () => {
    const { email, user } = await signUp();
    await suspend(user);
    for (let attempts = 0; attempts < 8; attempts++) expect(await refusalOf(signIn(email))).toBe(SUSPENDED);
    expect(await refusalOf(signIn(email, "wrong horse battery"))).toBe("UNAUTHORIZED WRONG_CREDENTIALS");
  });

  it("tells the user until when it is suspended, and not the operator's reason", async () => {
    const { client, user } = await signUp();
    await suspend(user, Date.UTC(2100, 0, 2, 3, 4));
    await expect(client.auth.me.query()).rejects.toThrow(
      "This account is suspended until 2100-01-02 03:04 UTC. Contact support if you think that this is a mistake.",
    );
  });

  it("refuses new sockets, also with a refresh token only", async () => {
    const { browser, user } = await signUp();
    await suspend(user);
    const response = await upgrade(browser);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("ACCOUNT_SUSPENDED");
    dropAccess(browser);
    expect((await upgrade(browser)).status).toBe(403);
  });

  it("is not found by loadSession", async () => {
    const { browser, user } = await signUp();
    const load = createLoadSession<AppRouter>({ binding: "BLOG_DO" });
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const request = () => new Request(`${origin}/own`, { headers: { Cookie: cookie } });
    expect((await load(request(), env))?.user.id).toBe(user.id);
    await suspend(user);
    expect(await load(request(), env)).toBeNull();
  });

  it("refuses mailed links, revokes those that give access, and gets no new ones", async () => {
    const { email, user } = await signUp();
    const anonymous = openBrowser().client();
    const verifyToken = await tokenTo(email, "verifyEmail");
    await anonymous.auth.requestPasswordReset.mutate({ email });
    const resetToken = await tokenTo(email, "resetPassword");
    await suspend(user);
    const reset = () => anonymous.auth.resetPassword.mutate({ token: resetToken, password: "another horse battery" });
    expect(await refusalOf(reset())).toBe(SUSPENDED);
    expect(await refusalOf(anonymous.auth.rejectEmail.mutate({ token: verifyToken }))).toBe(SUSPENDED);
    expect(await refusalOf(anonymous.auth.checkLink.mutate({ token: verifyToken, purpose: "verifyEmail" }))).toBe(
      SUSPENDED,
    );
    await anonymous.auth.requestPasswordReset.mutate({ email });
    await anonymous.auth.requestDeviceLink.mutate({ email });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect([countMails(email, "resetPassword"), countMails(email, "confirmDevice")]).toEqual([1, 0]);
    await unsuspend(user);
    expect(await refusalOf(reset())).toBe("BAD_REQUEST LINK_INVALID");
    expect(await anonymous.auth.checkLink.mutate({ token: verifyToken, purpose: "verifyEmail" })).toEqual({
      valid: true,
    });
  });

  it("lets its user sign out, which changes nothing", async () => {
    const { browser, client, user } = await signUp();
    await suspend(user);
    await client.auth.logout.mutate();
    expect(sessionCookies(browser)).toEqual([]);
  });

  it("accepts a sign-in after the suspension was ended, but no earlier session", async () => {
    const { browser, client, email, user } = await signUp();
    const copy = copyBrowser(browser);
    await client.posts.create.mutate({ title: "kept", body: "" });
    await suspend(user);
    await unsuspend(user);
    expect(await refusalOf(copy.client().posts.list.query())).toBe("UNAUTHORIZED SESSION_ENDED");
    const again = openBrowser().client();
    await again.auth.login.mutate({ email, password });
    expect(await again.posts.list.query()).toMatchObject([{ title: "kept" }]);
  });

  it("accepts a sign-in after its suspension has ended by itself, before and after the alarm", async () => {
    const { email, user } = await signUp();
    await suspend(user, Date.now() + MINUTE);
    expect(await refusalOf(signIn(email))).toBe(SUSPENDED);
    moveClock(2 * MINUTE);
    const browser = openBrowser();
    await browser.client().auth.login.mutate({ email, password });
    await runDurableObjectAlarm(env.BLOG_DO.getByName(`user:${user.id}`));
    const { items } = await browser.client().account.audit.list.query({});
    expect(items.map(({ action }) => action)).toEqual(["suspension.end", "login", "operator.suspend", "signup"]);
    expect(
      await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, { storage }) =>
        storage.sql.exec("SELECT * FROM _suspension").toArray(),
      ),
    ).toEqual([]);
  });
});

describe("the sockets and streams of an account that is suspended", () => {
  it("are closed with a code of their own before the suspension returns, and deliver and execute nothing more", async () => {
    const { browser, user } = await signUpToStreams();
    const sockets = await Promise.all([1, 2, 3].map(() => openSocket(browser, "/streams")));
    for (const socket of sockets) {
      socket.send(subscribe(1, "streams.changes"));
      await socket.until(1);
    }
    const [first] = sockets;
    first?.send([{ id: 3, method: "query", params: { path: "pause" } }]);
    first?.send({ id: 4, method: "mutation", params: { path: "items.create", input: { json: { text: "too late" } } } });
    await suspend(user, null, "STREAMS_DO");
    const open = await runInDurableObject(env.STREAMS_DO.getByName(`user:${user.id}`), (_instance, state) => {
      state.storage.sql.exec(
        "INSERT INTO items (id, createdAt, updatedAt, text) VALUES ('x', 1, 1, 'by the operator')",
      );
      return state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN).length;
    });
    expect(open).toBe(0);
    for (const socket of sockets) {
      expect(await socket.closed).toEqual({ code: 4402, reason: "This account is suspended." });
      expect(socket.frames).toHaveLength(1);
    }
    const rows = await runInDurableObject(env.STREAMS_DO.getByName(`user:${user.id}`), (_instance, { storage }) =>
      storage.sql.exec("SELECT text FROM items").toArray(),
    );
    expect(rows).toEqual([{ text: "by the operator" }]);
  });

  it("end: live queries", async () => {
    const { socket, user, http } = await startLive();
    const list = socket.watch("notes.list");
    await socket.settled();
    await suspend(user, null, "LIVE_DO");
    expect(await refusalOf(http.notes.create.mutate({ text: "late" }))).toBe(SUSPENDED);
    expect(socket.results(list)).toEqual([[]]);
  });

  it("end: SSE", async () => {
    const { browser, user } = await signUpToStreams();
    const cookies = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const response = await exports.default.fetch(
      new Request(`${origin}/streams/streams.changes`, {
        headers: { Accept: "text/event-stream", Origin: origin, Cookie: cookies },
      }),
    );
    const object = env.STREAMS_DO.getByName(`user:${user.id}`);
    await expect
      .poll(() => runInDurableObject(object, (_instance, state) => state.getWebSockets().length), { timeout: 8_000 })
      .toBe(1);
    await suspend(user, null, "STREAMS_DO");
    expect(await response.text()).toContain("ACCOUNT_SUSPENDED");
  });

  it("end: a stream of a server caller", async () => {
    const { user } = await signUpToStreams();
    const caller = createCaller<StreamsRouter>(env.STREAMS_DO).asUser({ userId: user.id });
    const stream = (await caller.streams.changes()) as AsyncGenerator<unknown>;
    const next = refusalOf(stream.next());
    const object = env.STREAMS_DO.getByName(`user:${user.id}`);
    await expect
      .poll(() => runInDurableObject(object, (_instance, state) => state.getWebSockets().length), { timeout: 8_000 })
      .toBe(1);
    await suspend(user, null, "STREAMS_DO");
    expect(await next).toBe(SUSPENDED);
  });
});
