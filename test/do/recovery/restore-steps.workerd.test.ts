import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";
import { randomId } from "../../../src/shared/random-id.js";
import { sendInternal } from "../../../src/shared/send-internal.js";
import { lostRequests } from "../../fixtures/app/restores.js";
import { failMail, mailsTo } from "../../fixtures/app/mailbox.js";
import { openBrowser, password } from "../../fixtures/browser.js";
import { eventually } from "../../fixtures/eventually.js";
import { tokenTo } from "../../fixtures/mail.js";
import {
  clientOf,
  objectOf,
  reason,
  rowsOf,
  signUpToRestores,
  systemOf,
  takeBookmark,
  type Account,
} from "../../fixtures/restores.js";
import { upgrade } from "../../fixtures/socket.js";
import { refusalOf } from "../operators/operate.js";

const system = systemOf();
const RESTORING = "SERVICE_UNAVAILABLE OBJECT_RESTORING";
const stubOf = ({ user }: Account) => objectOf(`user:${user.id}`);

/** The steps of a restore, as the app's object sends them. */
async function stepsOf(account: Account) {
  const restoreId = randomId();
  const bookmark = await takeBookmark(`user:${account.user.id}`);
  const stub = () => stubOf(account);
  return {
    prepare: (isRepeat = false) =>
      sendInternal(stub(), { op: "prepareRestore", restoreId, point: { bookmark }, isRepeat }),
    apply: (carriedHash: string) => sendInternal(stub(), { op: "applyRestore", restoreId, bookmark, carriedHash }),
    finish: (carried: string) => sendInternal(stub(), { op: "finishRestore", restoreId, carried }),
  };
}

async function prepared(account: Account) {
  const steps = await stepsOf(account);
  const reply = await steps.prepare();
  if (!reply.ok) throw new Error(`It was refused with ${reply.reason}.`);
  return { ...steps, ...reply.value };
}

const runAppAlarm = () => runDurableObjectAlarm(objectOf("app:main"));

afterEach(() => lostRequests.clear());

describe("an object that is about to be restored", () => {
  it("refuses calls, sockets and messages, and other objects send their messages later", async () => {
    const ada = await signUpToRestores();
    const { apply, finish, carried, carriedHash } = await prepared(ada);
    expect(await refusalOf(ada.client.posts.list.query())).toBe(RESTORING);
    expect(await refusalOf(ada.client.posts.create.mutate({ title: "x", body: "" }))).toBe(RESTORING);
    expect((await upgrade(ada.browser, {}, "/restores")).status).toBe(503);
    await system.admin.roles.assign({ userId: ada.user.id, role: "support", reason });
    await expect(apply(carriedHash)).rejects.toThrow();
    await expect(finish(carried)).rejects.toThrow();
    expect(await finish(carried)).toMatchObject({ ok: true });
    await eventually(async () => {
      await runAppAlarm();
      expect((await ada.client.auth.me.query()).user.roles).toContain("support");
    });
  });

  it("is not restored if it has changed since", async () => {
    const ada = await signUpToRestores();
    const { apply, finish, carried, carriedHash } = await prepared(ada);
    // A restart forgets that calls are refused.
    await evictDurableObject(stubOf(ada));
    await ada.client.auth.logout.mutate();
    expect(await apply(carriedHash)).toEqual({ ok: false, reason: "STATE_CHANGED" });
    expect(await finish(carried)).toEqual({ ok: false, reason: "NOT_RESTORED" });
    expect(await rowsOf(`user:${ada.user.id}`, "_sessions")).toEqual([]);
  });
});

describe("an object that cannot be restored", () => {
  it("is not created again if its account was deleted after the preparation", async () => {
    const ada = await signUpToRestores();
    const { prepare, finish, carried } = await prepared(ada);
    // A restart forgets that calls are refused.
    await evictDurableObject(stubOf(ada));
    await ada.client.account.delete.mutate({ password });
    await eventually(async () => {
      await runDurableObjectAlarm(stubOf(ada));
      const tables = await runInDurableObject(stubOf(ada), (_instance, { storage }) =>
        storage.sql.exec("SELECT name FROM sqlite_schema WHERE name = '_sessions'").toArray(),
      );
      expect(tables).toEqual([]);
    });
    expect(await finish(carried)).toEqual({ ok: false, reason: "NOT_RESTORED" });
    expect(await prepare(true)).toEqual({ ok: false, reason: "USER_NOT_FOUND" });
    await evictDurableObject(stubOf(ada));
    expect(await finish(carried)).toEqual({ ok: false, reason: "NOT_RESTORED" });
    expect(await refusalOf(clientOf(openBrowser()).auth.login.mutate({ email: ada.email, password }))).toMatch(
      /^UNAUTHORIZED/,
    );
  });

  it("serves calls, if its state is too large to be kept meanwhile", async () => {
    const ada = await signUpToRestores();
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    await runInDurableObject(stubOf(ada), (_instance, { storage }) => {
      const insert = `INSERT INTO _idempotency (caller, session, key, created_at, bytes, path, input, state, reply)
        VALUES ('user', '', ?, ?, 0, 'p', 'i', 'done', ?)`;
      for (let key = 0; key < 7; key++) storage.sql.exec(insert, String(key), Date.now(), "x".repeat(1_900_000));
    });
    const restoring = system.admin.users.restore({ userId: ada.user.id, bookmark, reason });
    expect(await refusalOf(restoring)).toBe("PAYLOAD_TOO_LARGE RESTORE_TOO_LARGE");
    expect(await ada.client.posts.list.query()).toEqual([]);
  });
});

describe("a step that is sent again", () => {
  it("has no second effect", async () => {
    const ada = await signUpToRestores();
    await ada.client.posts.create.mutate({ title: "kept", body: "" });
    const { prepare, apply, finish, carried, carriedHash } = await prepared(ada);
    await expect(apply(carriedHash)).rejects.toThrow();
    // The reply was lost, so the sender does not know that the object was restored.
    expect(await apply(carriedHash)).toEqual({ ok: false, reason: "ALREADY_RESTORED" });
    expect(await prepare(true)).toEqual({ ok: false, reason: "ALREADY_RESTORED" });
    await expect(finish(carried)).rejects.toThrow();
    expect(await apply(carriedHash)).toEqual({ ok: false, reason: "ALREADY_RESTORED" });
    expect(await finish(carried)).toMatchObject({ ok: true });
    await ada.client.auth.logout.mutate();
    expect(await prepare()).toEqual({ ok: false, reason: "ALREADY_RESTORED" });
    expect(await finish(carried)).toMatchObject({ ok: true });
    expect(await rowsOf(`user:${ada.user.id}`, "_sessions")).toEqual([]);
    expect(await rowsOf(`user:${ada.user.id}`, "posts")).toHaveLength(1);
  });
});

describe("a restore that is interrupted", () => {
  it.each(["prepareRestore", "applyRestore", "finishRestore"])("continues after %s was lost", async (op) => {
    const ada = await signUpToRestores();
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    await ada.client.posts.create.mutate({ title: "later", body: "" });
    lostRequests.add(`user ${op}`);
    const { applied, undoBookmark } = await system.admin.users.restore({ userId: ada.user.id, bookmark, reason });
    expect(applied).toBe(false);
    expect(typeof undoBookmark).toBe(op === "prepareRestore" ? "object" : "string");
    const suspension = system.admin.users.suspend({ userId: ada.user.id, reason });
    expect((await suspension).applied).toBe(false);
    if (op !== "prepareRestore") expect(await refusalOf(ada.client.posts.list.query())).toBe(RESTORING);
    lostRequests.clear();
    await eventually(async () => {
      await runAppAlarm();
      const { items } = await system.admin.audit.list({ targetId: ada.user.id });
      expect(items.map(({ action, outcome }) => [action, outcome])).toEqual([
        ["user.suspend", "ok"],
        ["user.restore", "ok"],
      ]);
    });
    expect(await rowsOf(`user:${ada.user.id}`, "posts")).toEqual([]);
    expect(await rowsOf("app:main", "_restores")).toEqual([]);
    const again = clientOf(openBrowser()).auth.login.mutate({ email: ada.email, password });
    expect(await refusalOf(again)).toBe("FORBIDDEN ACCOUNT_SUSPENDED");
  });

  it("serves nobody and sends nothing before it has the state of today", async () => {
    const ada = await signUpToRestores();
    await tokenTo(ada.email, "verifyEmail");
    failMail(ada.email, 1);
    await ada.client.auth.requestEmailVerification.mutate();
    await eventually(async () =>
      expect(await rowsOf(`user:${ada.user.id}`, "_outbox")).toMatchObject([{ attempts: 1 }]),
    );
    const bookmark = await takeBookmark(`user:${ada.user.id}`);
    await eventually(async () => {
      await runDurableObjectAlarm(stubOf(ada));
      expect(mailsTo(ada.email)).toHaveLength(2);
    });
    const { browser } = ada;
    const session = await ada.client.auth.me.query();
    await system.admin.users.revokeSessions({ userId: ada.user.id, reason });
    lostRequests.add("user finishRestore");
    await system.admin.users.restore({ userId: ada.user.id, bookmark, reason });
    // Its storage is that of the bookmark, with the session and the mail.
    expect(await rowsOf(`user:${ada.user.id}`, "_sessions")).toMatchObject([{ id: session.session.id }]);
    await runDurableObjectAlarm(stubOf(ada));
    expect(await refusalOf(clientOf(browser).posts.list.query())).toBe(RESTORING);
    lostRequests.clear();
    await eventually(async () => {
      await runAppAlarm();
      expect(await refusalOf(clientOf(browser).posts.list.query())).toBe("UNAUTHORIZED SESSION_ENDED");
    });
    await runDurableObjectAlarm(stubOf(ada));
    expect(mailsTo(ada.email)).toHaveLength(2);
  });
});
