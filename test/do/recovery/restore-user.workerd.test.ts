import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { beforeAll, describe, expect, it } from "vitest";
import type { AppRouter } from "../../fixtures/app/router.js";
import { failMail, mailsTo } from "../../fixtures/app/mailbox.js";
import { freshEmail, openBrowser, password, signUp, type Browser } from "../../fixtures/browser.js";
import { eventually } from "../../fixtures/eventually.js";
import { tokenTo } from "../../fixtures/mail.js";
import {
  asUser,
  clientOf,
  objectOf,
  reason,
  rowsOf,
  signUpToRestores,
  signUpVerifiedToRestores,
  systemOf,
  takeBookmark,
  type Account,
} from "../../fixtures/restores.js";
import { eventsOf, openSocket, subscribe } from "../../fixtures/socket.js";
import { refusalOf } from "../operators/operate.js";

const system = systemOf();
const newPassword = "another horse battery";

const restore = ({ user }: Pick<Account, "user">, bookmark: string) =>
  system.admin.users.restore({ userId: user.id, bookmark, reason });
const titlesOf = async ({ client }: Pick<Account, "client">) =>
  (await client.posts.list.query()).map(({ title }) => title).toSorted();
const login = (email: string, given: string, browser: Browser = openBrowser()) =>
  refusalOf(clientOf(browser).auth.login.mutate({ email, password: given }));

describe("a user who is restored", () => {
  it("gets the rows, the keys and the profile of that time, and an undo brings the others back", async () => {
    const ada = await signUpToRestores();
    const { client, user } = ada;
    await client.posts.create.mutate({ title: "kept", body: "" });
    await client.kv.set.mutate({ key: "visits", value: 1 });
    await client.account.update.mutate({ profile: { firstName: "Ada" } });
    const bookmark = await takeBookmark(`user:${user.id}`);
    await client.posts.create.mutate({ title: "later", body: "" });
    await client.kv.set.mutate({ key: "visits", value: 2 });
    await client.account.update.mutate({ profile: { firstName: "Eve" } });

    const { applied, undoBookmark } = await restore(ada, bookmark);
    expect(applied).toBe(true);
    const stateOf = async () => [
      await titlesOf(ada),
      await client.kv.get.query({ key: "visits" }),
      (await client.account.get.query()).profile,
    ];
    expect(await stateOf()).toMatchObject([["kept"], 1, { firstName: "Ada" }]);

    expect((await restore(ada, undoBookmark ?? "")).applied).toBe(true);
    expect(await stateOf()).toMatchObject([["kept", "later"], 2, { firstName: "Eve" }]);
  });

  it("can be restored to a time", async () => {
    const ada = await signUpToRestores();
    await ada.client.posts.create.mutate({ title: "kept", body: "" });
    await takeBookmark(`user:${ada.user.id}`);
    const at = new Date();
    await new Promise((resolve) => setTimeout(resolve, 2));
    await ada.client.posts.create.mutate({ title: "later", body: "" });
    await takeBookmark(`user:${ada.user.id}`);
    await system.admin.users.restore({ userId: ada.user.id, at, reason });
    expect(await titlesOf(ada)).toEqual(["kept"]);
  });

  it("keeps the password, the sessions and the address of today", async () => {
    const ada = await signUpVerifiedToRestores();
    const phone = openBrowser();
    await login(ada.email, password, phone);
    const stolen = openBrowser();
    await login(ada.email, password, stolen);
    const bookmark = await takeBookmark(`user:${ada.user.id}`);

    await ada.client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    const tablet = openBrowser();
    await login(ada.email, newPassword, tablet);
    const email = freshEmail();
    await ada.client.auth.changeEmail.mutate({ email, password: newPassword });
    await asUser(ada.user.id).auth.confirmEmailChange({ token: await tokenTo(email, "changeEmail") });
    const sessions = await rowsOf(`user:${ada.user.id}`, "_sessions");

    await restore(ada, bookmark);
    expect(await rowsOf(`user:${ada.user.id}`, "_sessions")).toEqual(sessions);
    expect((await clientOf(tablet).auth.me.query()).user.email).toBe(email);
    expect(await refusalOf(clientOf(phone).auth.me.query())).toBe("UNAUTHORIZED SESSION_ENDED");
    expect(await refusalOf(clientOf(stolen).auth.refresh.mutate())).toBe("UNAUTHORIZED SESSION_ENDED");
    expect([await login(email, newPassword), await login(email, password)]).toEqual([
      "none",
      "UNAUTHORIZED WRONG_CREDENTIALS",
    ]);
    expect(await login(ada.email, newPassword)).toBe("UNAUTHORIZED WRONG_CREDENTIALS");
    // The address of that time is free.
    expect((await signUpToRestores(ada.email)).user.id).not.toBe(ada.user.id);
  });

  it("keeps a suspension and lost roles", async () => {
    const ada = await signUpVerifiedToRestores();
    await system.admin.roles.assign({ userId: ada.user.id, role: "support", reason });
    expect((await ada.client.auth.me.query()).user.roles).toContain("support");
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    await system.admin.roles.unassign({ userId: ada.user.id, role: "support", reason });
    await restore(ada, bookmark);
    expect((await ada.client.auth.me.query()).user.roles).not.toContain("support");
    await system.admin.users.suspend({ userId: ada.user.id, reason });
    await restore(ada, bookmark);
    expect(await login(ada.email, password)).toBe("FORBIDDEN ACCOUNT_SUSPENDED");
    expect((await system.admin.users.get({ userId: ada.user.id })).status).toBe("suspended");
  });

  it("does not send a mail again, and sends the one that waits", async () => {
    const ada = await signUpToRestores();
    await tokenTo(ada.email, "verifyEmail");
    failMail(ada.email, 1);
    await ada.client.auth.requestEmailVerification.mutate();
    await eventually(async () =>
      expect(await rowsOf(`user:${ada.user.id}`, "_outbox")).toMatchObject([{ kind: "verifyEmail", attempts: 1 }]),
    );
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    await eventually(async () => {
      await runDurableObjectAlarm(objectOf(`user:${ada.user.id}`));
      expect(mailsTo(ada.email)).toHaveLength(2);
    });
    failMail(ada.email, 1);
    await ada.client.auth.requestPasswordReset.mutate({ email: ada.email });
    await eventually(async () =>
      expect(await rowsOf(`user:${ada.user.id}`, "_outbox")).toMatchObject([{ kind: "resetPassword", attempts: 1 }]),
    );
    await restore(ada, bookmark);
    await eventually(async () => {
      await runDurableObjectAlarm(objectOf(`user:${ada.user.id}`));
      expect(mailsTo(ada.email).map(({ kind }) => kind)).toEqual(["verifyEmail", "verifyEmail", "resetPassword"]);
    });
    expect(await rowsOf(`user:${ada.user.id}`, "_outbox")).toEqual([]);
  });

  it("answers a repeated call from before the restore with the first reply", async () => {
    const ada = await signUpToRestores();
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    const create = () => asUser(ada.user.id, "key-of-a-call").posts.create({ title: "once", body: "" });
    const first = await create();
    await restore(ada, bookmark);
    expect(await create()).toEqual(first);
    expect(await titlesOf(ada)).toEqual([]);
  });

  it("closes its sockets, and every earlier cursor gets a reset", async () => {
    const ada = await signUpToRestores();
    await ada.client.posts.create.mutate({ title: "kept", body: "" });
    const socket = await openSocket(ada.browser, "/restores");
    socket.send(subscribe(1, "posts.changes"));
    await socket.until(1);
    await ada.client.posts.create.mutate({ title: "before", body: "" });
    const before = eventsOf(await socket.until(2)).at(-1)?.cursor;
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    await ada.client.posts.create.mutate({ title: "after", body: "" });
    const after = eventsOf(await socket.until(3)).at(-1)?.cursor;
    await restore(ada, bookmark);
    await socket.closed;

    const next = await openSocket(ada.browser, "/restores");
    for (const [id, cursor] of [before, after].entries()) next.send(subscribe(id + 1, "posts.changes", cursor));
    await eventually(() => {
      const events = eventsOf(next.frames);
      expect(events.map(({ change }) => change)).toEqual([{ type: "reset" }, { type: "reset" }]);
      // A client compares the numbers of cursors.
      for (const { cursor } of events)
        expect(Number.parseInt(cursor ?? "")).toBeGreaterThan(Number.parseInt(after ?? ""));
    });
    await ada.client.posts.create.mutate({ title: "new", body: "" });
    await eventually(() => expect(eventsOf(next.frames)).toHaveLength(4));
  });

  it("keeps memberships, and organizations and the directory agree with it", async () => {
    const [ada, bob] = [await signUpVerifiedToRestores(), await signUpVerifiedToRestores()];
    const left = await bob.client.organizations.create.mutate({ name: "Left" });
    await system.organizations.members.add({ organizationId: left.id, userId: ada.user.id, role: "member" });
    await ada.client.account.update.mutate({ profile: { firstName: "Ada" } });
    const namesOf = async () => (await ada.client.organizations.list.query()).map(({ name }) => name);
    await eventually(async () => expect(await namesOf()).toEqual(["Left"]));
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    await ada.client.organizations.leave.mutate({ organizationId: left.id });
    const joined = await bob.client.organizations.create.mutate({ name: "Joined" });
    await system.organizations.members.add({ organizationId: joined.id, userId: ada.user.id, role: "member" });
    await eventually(async () => expect(await namesOf()).toEqual(["Joined"]));
    await ada.client.account.update.mutate({ profile: { firstName: "Eve" } });

    await restore(ada, bookmark);
    expect(await namesOf()).toEqual(["Joined"]);
    expect(await refusalOf(ada.client.projects.list.query({ organizationId: joined.id }))).toBe("none");
    expect(await refusalOf(ada.client.projects.list.query({ organizationId: left.id }))).toBe("FORBIDDEN NOT_A_MEMBER");
    await eventually(async () => {
      const { items } = await system.admin.users.list({ search: ada.email });
      expect(items).toMatchObject([{ id: ada.user.id, organizationCount: 1, profile: { firstName: "Ada" } }]);
    });
    // Its messages still arrive: a receiver ignores numbers that were used before.
    await ada.client.organizations.leave.mutate({ organizationId: joined.id });
    await eventually(async () => expect(await namesOf()).toEqual([]));
  });

  it("finds the restore in both audit logs", async () => {
    const ada = await signUpToRestores();
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    await ada.client.account.update.mutate({ profile: { firstName: "Eve" } });
    const { undoBookmark } = await restore(ada, bookmark);
    const own = await ada.client.account.audit.list.query();
    expect(own.items.map(({ action }) => action)).toEqual(["operator.restore", "profile.update", "signup"]);
    const { items } = await system.admin.audit.list({ targetId: ada.user.id });
    expect(items).toMatchObject([
      { action: "user.restore", outcome: "ok", reason, detail: `to ${bookmark}, undo ${String(undoBookmark)}` },
    ]);
  });
});

describe("admin.users.restore", () => {
  let ada: Account;
  beforeAll(async () => {
    ada = await signUpToRestores();
  });

  it("runs once for repeats with the same idempotency key", async () => {
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    const call = () => systemOf("one-restore").admin.users.restore({ userId: ada.user.id, bookmark, reason });
    const outcome = await call();
    await ada.client.posts.create.mutate({ title: "after the restore", body: "" });
    expect(await call()).toEqual(outcome);
    expect(await titlesOf(ada)).toContain("after the restore");
  });

  it.each([
    ["a time before the account", { at: new Date(0) }],
    ["a bookmark that does not exist", { bookmark: "00000000" }],
    ["a bookmark of the future", { bookmark: "99999999" }],
  ])("refuses %s, and the account works", async (_name, point) => {
    const call = system.admin.users.restore({ userId: ada.user.id, ...point, reason });
    expect(await refusalOf(call)).toBe("BAD_REQUEST RESTORE_POINT_INVALID");
    const { items } = await system.admin.audit.list({ targetId: ada.user.id, action: "user.restore" });
    expect(items[0]).toMatchObject({ outcome: "failed", failure: "RESTORE_POINT_INVALID" });
    await ada.client.posts.create.mutate({ title: "new", body: "" });
    expect(await rowsOf("app:main", "_restores")).toEqual([]);
  });

  it("needs either a time or a bookmark", async () => {
    const input = { userId: ada.user.id, reason };
    expect(await refusalOf(system.admin.users.restore(input))).toMatch(/^BAD_REQUEST/);
    const both = { ...input, at: new Date(), bookmark: "1" };
    expect(await refusalOf(system.admin.users.restore(both))).toMatch(/^BAD_REQUEST/);
  });

  it("does not find a deleted account", async () => {
    const bob = await signUpToRestores();
    const bookmark = await takeBookmark(`user:${bob.user.id}`);
    await bob.client.account.delete.mutate({ password });
    expect(await refusalOf(restore(bob, bookmark))).toBe("NOT_FOUND USER_NOT_FOUND");
  });

  it("protects an account with more permissions than the operator's", async () => {
    const [operator, superadmin] = [await signUpToRestores(), await signUpToRestores()];
    await system.admin.roles.create({ name: "restorer", permissions: ["user:restore"] });
    await system.admin.roles.assign({ userId: operator.user.id, role: "restorer", reason });
    await system.admin.roles.assign({ userId: superadmin.user.id, role: "superadmin", reason });
    const bookmark = await takeBookmark(`user:${superadmin.user.id}`);
    const call = (userId: string) => operator.client.admin.users.restore.mutate({ userId, bookmark, reason });
    expect(await refusalOf(call(superadmin.user.id))).toBe("FORBIDDEN MISSING_PERMISSION");
    const own = await takeBookmark(`user:${ada.user.id}`);
    const allowed = operator.client.admin.users.restore.mutate({ userId: ada.user.id, bookmark: own, reason });
    expect((await allowed).applied).toBe(true);
  });
});

describe("a runtime without bookmarks", () => {
  it("refuses to restore, says why, and leaves everything as it is", async () => {
    const blog = createCaller<AppRouter>(env.BLOG_DO).asSystem();
    const bob = await signUp();
    await bob.client.posts.create.mutate({ title: "kept", body: "" });
    const { id } = await bob.client.organizations.create.mutate({ name: "Acme" });
    const at = new Date();
    const calls = [
      () => blog.admin.users.restore({ userId: bob.user.id, at, reason }),
      () => blog.admin.organizations.restore({ id, at, reason }),
    ];
    for (const call of calls) expect(await refusalOf(call())).toBe("PRECONDITION_FAILED RESTORE_UNAVAILABLE");
    expect(await titlesOf(bob)).toEqual(["kept"]);
    const { items } = await blog.admin.audit.list({ targetId: bob.user.id });
    expect(items).toMatchObject([{ action: "user.restore", outcome: "failed", failure: "RESTORE_UNAVAILABLE" }]);
  });

  it("does not let the app's own class restore an object past the framework", async () => {
    const bob = await signUp();
    await runInDurableObject(env.BLOG_DO.getByName(`user:${bob.user.id}`), (instance) => {
      const { storage } = (instance as unknown as { ctx: DurableObjectState }).ctx;
      expect(() => storage.onNextSessionRestoreBookmark("1")).toThrow(/admin\.users\.restore/);
    });
  });
});
