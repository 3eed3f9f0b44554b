import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { randomId } from "../../../src/shared/random-id.js";
import { delayDeletion, untilDeletionWaits } from "../../fixtures/app/delayed-deletions.js";
import { copyBrowser, freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { countMails, openVerifyLink, tokenTo } from "../../fixtures/mail.js";
import { join, signUpVerified, storesAnything } from "../../fixtures/organizations.js";
import { openSocket } from "../../fixtures/socket.js";
import { describeUser, operate, refusalOf, suspend, SUSPENDED, unsuspend } from "./operate.js";

const applied = { ok: true, value: { applied: true } };
const objectOf = ({ id }: { readonly id: string }) => env.BLOG_DO.getByName(`user:${id}`);

const actionsOf = async (user: { readonly id: string }) =>
  runInDurableObject(objectOf(user), (_instance, { storage }) =>
    storage.sql
      .exec("SELECT action FROM _audit ORDER BY id")
      .toArray()
      .map(({ action }) => action),
  );

describe("an operator's action", () => {
  it.each(["suspend", "unsuspend", "revokeSessions", "sendPasswordReset", "resendVerification", "delete"] as const)(
    "on a user who does not exist is refused and creates nothing: %s",
    async (type) => {
      const id = randomId();
      const action = type === "suspend" ? { type, reason: "spam", until: null } : { type };
      expect(await operate({ id }, action)).toEqual({ ok: false, reason: "USER_NOT_FOUND" });
      expect(await describeUser({ id })).toEqual({ ok: false, reason: "USER_NOT_FOUND" });
      expect(await storesAnything(`user:${id}`)).toBe(false);
    },
  );

  it("has its effect once, also if it is repeated after another one", async () => {
    const { email, user } = await signUp();
    const operationId = randomId();
    const action = { type: "suspend", reason: "spam", until: null } as const;
    expect(await operate(user, action, { operationId })).toEqual(applied);
    expect(await operate(user, action, { operationId })).toEqual(applied);
    await unsuspend(user);
    // The first call's reply was lost, and its caller repeats it late.
    await operate(user, action, { operationId });
    expect(await refusalOf(openBrowser().client().auth.login.mutate({ email, password }))).toBe("none");
    expect(await actionsOf(user)).toEqual(["signup", "operator.suspend", "operator.unsuspend", "login"]);
  });

  it("is in the user's own audit log, without the operator", async () => {
    const { client, user } = await signUp();
    await operate(user, { type: "sendPasswordReset" });
    const { items } = await client.account.audit.list.query({});
    expect(items[0]).toMatchObject({ action: "operator.sendPasswordReset", outcome: "ok", network: undefined });
  });

  it("ends all sessions and closes their sockets", async () => {
    const { browser, client, email, user } = await signUp();
    const socket = await openSocket(browser);
    const copy = copyBrowser(browser);
    expect(await operate(user, { type: "revokeSessions" })).toEqual(applied);
    expect((await socket.closed).code).toBe(4401);
    expect(await refusalOf(client.auth.me.query())).toBe("UNAUTHORIZED SESSION_ENDED");
    expect(await refusalOf(copy.client().auth.refresh.mutate())).toBe("UNAUTHORIZED SESSION_ENDED");
    await openBrowser().client().auth.login.mutate({ email, password });
  });

  it("mails a link that sets a new password, once for each operation", async () => {
    const { email, user } = await signUp();
    const operationId = randomId();
    await operate(user, { type: "sendPasswordReset" }, { operationId });
    await operate(user, { type: "sendPasswordReset" }, { operationId });
    const token = await tokenTo(email, "resetPassword");
    await openBrowser().client().auth.resetPassword.mutate({ token, password: "another horse battery" });
    expect(countMails(email, "resetPassword")).toBe(1);
  });

  it("obeys the limits of mails to an address", async () => {
    const { user } = await signUp();
    for (let mails = 0; mails < 3; mails++) await operate(user, { type: "sendPasswordReset" });
    expect(await operate(user, { type: "sendPasswordReset" })).toMatchObject({
      ok: false,
      error: { reason: "TOO_MANY_MAILS" },
    });
  });

  it("mails the verification link again, unless the address is verified", async () => {
    const { email, user } = await signUp();
    await tokenTo(email, "verifyEmail");
    expect(await operate(user, { type: "resendVerification" })).toEqual(applied);
    await openVerifyLink(await tokenTo(email, "verifyEmail", 2));
    expect(await operate(user, { type: "resendVerification" })).toMatchObject({ error: { reason: "EMAIL_VERIFIED" } });
  });

  it("mails no link to a suspended account", async () => {
    const { email, user } = await signUp();
    await suspend(user);
    const reply = { ok: false, error: { code: "CONFLICT", reason: "ACCOUNT_SUSPENDED" } };
    expect(await operate(user, { type: "sendPasswordReset" })).toMatchObject(reply);
    expect(await operate(user, { type: "resendVerification" })).toMatchObject(reply);
    expect(countMails(email, "resetPassword")).toBe(0);
  });

  it("deletes the account, also of the last owner of an organization, which the next member inherits", async () => {
    const [ada, bob] = await Promise.all([signUpVerified(), signUpVerified()]);
    const { id: organizationId } = await ada.client.organizations.create.mutate({ name: "Acme" });
    await join(organizationId, { by: ada, who: bob, role: "member" });
    await suspend(ada.user);
    const operationId = randomId();
    expect(await operate(ada.user, { type: "delete" }, { operationId })).toEqual(applied);
    // Its last mail may still be on its way, so that the object exists.
    expect([applied, { ok: false, reason: "USER_NOT_FOUND" }]).toContainEqual(
      await operate(ada.user, { type: "delete" }, { operationId }),
    );
    expect(await refusalOf(ada.client.auth.me.query())).toMatch(/^UNAUTHORIZED/);
    const [member] = await bob.client.organizations.members.list.query({ organizationId });
    expect(member).toMatchObject({ userId: bob.user.id, role: "owner" });
    expect((await openBrowser().client().auth.signup.mutate({ email: ada.email, password })).user.id).not.toBe(
      ada.user.id,
    );
  });

  it("does not delete an account if the app's hook refuses", async () => {
    const { client, user } = await signUp(`kept-${freshEmail()}`);
    expect(await operate(user, { type: "delete" })).toMatchObject({
      error: { code: "CONFLICT", message: "Pay first." },
    });
    expect((await client.auth.me.query()).user.id).toBe(user.id);
  });

  it("deletes the account although its user changes the password and the address meanwhile", async () => {
    const { client, email, user } = await signUp();
    const proceed = delayDeletion(email);
    const deleting = operate(user, { type: "delete" });
    await untilDeletionWaits(email);
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword: "another horse battery" });
    const next = freshEmail();
    await client.auth.changeEmail.mutate({ email: next, password: "another horse battery" });
    await client.auth.confirmEmailChange.mutate({ token: await tokenTo(next, "changeEmail") });
    proceed();
    expect(await deleting).toEqual(applied);
    expect(await describeUser(user)).toEqual({ ok: false, reason: "USER_NOT_FOUND" });
    for (const address of [email, next]) await openBrowser().client().auth.signup.mutate({ email: address, password });
  });

  it("sends a message again that could not be delivered, once", async () => {
    const { email, user } = await signUp();
    await tokenTo(email, "verifyEmail");
    await runInDurableObject(objectOf(user), (_instance, { storage }) => {
      storage.sql.exec("INSERT INTO _dead_letters VALUES ('mail', 90, 'passwordChanged', 1, 2, 200, 'No answer.')");
      storage.sql.exec("INSERT INTO _dead_payloads VALUES ('mail', 90, ?, NULL)", JSON.stringify({ to: email }));
      storage.sql.exec(
        "INSERT INTO _dead_letters VALUES ('mail', 91, 'verifyEmail', 1, 2, 200, 'Of an earlier version.')",
      );
    });
    const described = await describeUser(user);
    const letters = described.ok ? described.value.deadLetters : [];
    expect(letters.map(({ error }) => error)).toEqual(["Of an earlier version.", "No answer."]);
    const [earlier = "", id = ""] = letters.map((letter) => letter.id);
    expect(JSON.stringify(letters)).not.toContain(email);
    expect(await operate(user, { type: "retryDeadLetter", id })).toEqual(applied);
    await expect.poll(() => countMails(email, "passwordChanged"), { timeout: 8_000 }).toBe(1);
    const notFound = { ok: false, error: { code: "NOT_FOUND", reason: "DEAD_LETTER_NOT_FOUND" } };
    for (const unknown of [id, earlier, "mail 90", "' OR 1 = 1"])
      expect(await operate(user, { type: "retryDeadLetter", id: unknown })).toMatchObject(notFound);
  });

  it("shows an operator the account without secrets", async () => {
    const { client, email, user } = await signUp();
    await client.organizations.create.mutate({ name: "Acme" });
    await suspend(user, Date.UTC(2100, 0, 1));
    const described = await describeUser(user);
    expect(described).toMatchObject({
      ok: true,
      value: {
        user: { id: user.id, email, emailVerified: false },
        suspension: { reason: "spam", until: new Date(Date.UTC(2100, 0, 1)) },
        sessions: [],
        organizations: [{ name: "Acme", role: "owner" }],
        deadLetters: [],
      },
    });
    expect(described.ok && described.value.storageBytes).toBeGreaterThan(4_096);
    expect(JSON.stringify(described)).not.toMatch(/scrypt|password/i);
  });
});

describe("twenty actions at once", () => {
  it("leave an account suspended or not, and its log and its organization agree", async () => {
    const { email, user, client } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Acme" });
    await Promise.all(Array.from({ length: 20 }, (_each, index) => (index % 2 ? suspend(user) : unsuspend(user))));
    const described = await describeUser(user);
    const isSuspended = described.ok && described.value.suspension !== null;
    const signedIn = await refusalOf(openBrowser().client().auth.login.mutate({ email, password }));
    expect(signedIn).toBe(isSuspended ? SUSPENDED : "none");
    const row = await runInDurableObject(
      env.BLOG_DO.getByName(`organization:${organizationId}`),
      (_instance, { storage }) => storage.sql.exec("SELECT user_id FROM _suspended_members").toArray(),
    );
    expect(row).toEqual(isSuspended ? [{ user_id: user.id }] : []);
  });

  it("delete an account once, whatever else happens to it", async () => {
    const { email, user } = await signUp();
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_each, index) =>
        index % 3 === 0 ? operate(user, { type: "delete" }) : index % 3 === 1 ? suspend(user) : unsuspend(user),
      ),
    );
    for (const reply of replies) if (!reply.ok) expect(["USER_NOT_FOUND", "CLIENT_ERROR"]).toContain(reply.reason);
    expect(await describeUser(user)).toEqual({ ok: false, reason: "USER_NOT_FOUND" });
    await expect.poll(() => storesAnything(`user:${user.id}`), { timeout: 8_000 }).toBe(false);
    await openBrowser().client().auth.signup.mutate({ email, password });
  });

  it("create no session that survives a suspension", async () => {
    const { email, user } = await signUp();
    const browsers = Array.from({ length: 4 }, () => openBrowser());
    await Promise.all([
      ...browsers.map((browser) => refusalOf(browser.client().auth.login.mutate({ email, password }))),
      suspend(user),
    ]);
    for (const browser of browsers) expect(await refusalOf(browser.client().posts.list.query())).not.toBe("none");
    const described = await describeUser(user);
    expect(described.ok && described.value.sessions).toEqual([]);
  });
});
