import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { afterEach, describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { unreachable } from "../../fixtures/app/unreachable.js";
import { signUp } from "../../fixtures/browser.js";
import { openSocket, subscribe } from "../../fixtures/socket.js";
import { refusalOf, suspend, SUSPENDED } from "./operate.js";

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
const reason = "Ticket 4711";

afterEach(() => unreachable.clear());

/** A user with a socket of the app's object. */
async function signUpToApp() {
  const account = await signUp();
  const socket = await openSocket(account.browser, "/trpc?app");
  socket.send(subscribe(1, "announcements.changes"));
  await socket.until(1);
  return { ...account, socket, on: { userId: account.user.id, reason } };
}

describe("the sockets of the app's object", () => {
  it("are closed with the code of a suspension when their user is suspended", async () => {
    const { socket, on } = await signUpToApp();
    expect(await system.admin.users.suspend(on)).toEqual({ applied: true });
    expect(await socket.closed).toEqual({ code: 4402, reason: "This account is suspended." });
  });

  it("are closed with the code of an ended session when their user is signed out", async () => {
    const ada = await signUpToApp();
    expect(await system.admin.users.revokeSessions(ada.on)).toEqual({ applied: true });
    expect((await ada.socket.closed).code).toBe(4401);
  });

  it("are closed with the code of a suspension when the app's object learns of it by a refused lease", async () => {
    const { socket, user, browser } = await signUpToApp();
    unreachable.add("app:main");
    expect(await suspend(user)).toEqual({ ok: true, value: { applied: false } });
    await runInDurableObject(env.BLOG_DO.getByName("app:main"), (_instance, { storage }) => {
      storage.sql.exec("DELETE FROM _leases WHERE user_id = ?", user.id);
    });
    socket.send({ id: 2, method: "query", params: { path: "announcements.list" } });
    expect((await socket.closed).code).toBe(4402);
    expect(await refusalOf(browser.client().announcements.list.query())).toBe(SUSPENDED);
  });

  it("make an action on their user incomplete while the app's object cannot be reached", async () => {
    const { socket, on } = await signUpToApp();
    unreachable.add("app:main");
    expect(await system.admin.users.revokeSessions(on)).toEqual({ applied: false });
    unreachable.clear();
    expect((await socket.closed).code).toBe(4401);
  });
});
