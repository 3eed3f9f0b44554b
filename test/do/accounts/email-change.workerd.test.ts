import { env } from "cloudflare:workers";
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { toName } from "../../../src/shared/owner.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { mailTo, tokenTo, openChangeLink } from "../../fixtures/mail.js";
import { signUpVerified } from "../../fixtures/organizations.js";

const MINUTE = 60_000;
const anonymousClient = () => openBrowser().client();
const indexOf = async (email: string) =>
  env.BLOG_DO.getByName(toName(await emailObjectAddress(env.INDEX_SECRET, email)));

async function tablesOf(email: string): Promise<unknown[]> {
  return runInDurableObject(await indexOf(email), (_instance, state) =>
    state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
  );
}

/** Waits until an address has no owner, and nothing is stored for it. */
const released = (email: string) =>
  vi.waitFor(async () => expect(await tablesOf(email)).toEqual([]), { timeout: 8_000, interval: 50 });

afterEach(() => {
  vi.useRealTimers();
});

async function withChange() {
  const account = await signUpVerified();
  const target = freshEmail();
  await account.client.auth.changeEmail.mutate({ email: target, password });
  return { ...account, target, token: await tokenTo(target, "changeEmail") };
}

describe("a change of address", () => {
  it("takes effect once it is confirmed, and keeps id, rows, keys and sessions", async () => {
    const { client, email, user, target, token } = await withChange();
    await client.posts.create.mutate({ title: "Kept", body: "" });
    await client.kv.preferences.set.mutate({ value: { theme: "dark" } });
    expect((await client.auth.me.query()).user.email).toBe(email);
    expect(await codeOf(anonymousClient().auth.login.mutate({ email: target, password }))).toBe("UNAUTHORIZED");

    await openChangeLink(token);
    expect((await client.auth.me.query()).user).toMatchObject({ id: user.id, email: target, emailVerified: true });
    expect((await client.posts.list.query()).map(({ title }) => title)).toEqual(["Kept"]);
    expect((await client.kv.preferences.get.query())?.theme).toBe("dark");
    expect((await anonymousClient().auth.login.mutate({ email: target, password })).user.id).toBe(user.id);
    await mailTo(email, "emailChanged");
    await released(email);
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
  });

  it("frees the old address for another user", async () => {
    const { email, user, token } = await withChange();
    await openChangeLink(token);
    expect((await signUp(email)).user.id).not.toBe(user.id);
  });

  it("is refused without effect for an address that has an account", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    expect(await codeOf(ada.client.auth.changeEmail.mutate({ email: bob.email, password }))).toBe("CONFLICT");
    expect((await ada.client.auth.me.query()).user.email).toBe(ada.email);
    expect((await anonymousClient().auth.login.mutate({ email: bob.email, password })).user.id).toBe(bob.user.id);
    expect(await codeOf(anonymousClient().auth.signup.mutate({ email: bob.email, password }))).toBe("CONFLICT");
  });

  it("requires the password and a different address", async () => {
    const { client, email } = await signUp();
    const target = freshEmail();
    expect(await codeOf(client.auth.changeEmail.mutate({ email: target, password: "not the password" }))).toBe(
      "UNAUTHORIZED",
    );
    expect(await codeOf(client.auth.changeEmail.mutate({ email, password }))).toBe("BAD_REQUEST");
    expect(await tablesOf(target)).toEqual([]);
  });

  it("succeeds for the first of two users who opens the link to the same address", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const email = freshEmail();
    await ada.client.auth.changeEmail.mutate({ email, password });
    const token = await tokenTo(email, "changeEmail");
    await bob.client.auth.changeEmail.mutate({ email, password });
    await openChangeLink(await tokenTo(email, "changeEmail", 2));
    expect(await codeOf(openChangeLink(token))).toBe("CONFLICT");
    expect((await anonymousClient().auth.login.mutate({ email, password })).user.id).toBe(bob.user.id);
    expect((await ada.client.auth.me.query()).user.email).toBe(ada.email);
    expect(await codeOf(anonymousClient().auth.signup.mutate({ email, password: "another horse" }))).toBe("CONFLICT");
  });

  it("is replaced by a later change, which revokes the link and frees the address", async () => {
    const { client, target, token } = await withChange();
    const other = freshEmail();
    await client.auth.changeEmail.mutate({ email: other, password });
    expect(await codeOf(openChangeLink(token))).toBe("BAD_REQUEST");
    await released(target);
    await openChangeLink(await tokenTo(other, "changeEmail"));
    expect((await client.auth.me.query()).user.email).toBe(other);
  });

  it("reserves no address when it is refused for too many mails", async () => {
    const { client, target } = await withChange();
    const other = freshEmail();
    for (let mails = 0; mails < 3; mails++) await client.auth.changeEmail.mutate({ email: other, password });
    await client.auth.changeEmail.mutate({ email: target, password });
    expect(await codeOf(client.auth.changeEmail.mutate({ email: other, password }))).toBe("TOO_MANY_REQUESTS");
    await released(other);
    expect((await signUp(other)).user.email).toBe(other);
    // Earlier requests are still under way.
    await openChangeLink(await tokenTo(target, "changeEmail", 2));
    expect((await client.auth.me.query()).user.email).toBe(target);
  });

  it("can be undone by another change", async () => {
    const { client, email, target, token } = await withChange();
    await openChangeLink(token);
    await client.auth.changeEmail.mutate({ email, password });
    await openChangeLink(await tokenTo(email, "changeEmail"));
    expect((await anonymousClient().auth.login.mutate({ email, password })).user.email).toBe(email);
    await released(target);
    expect((await anonymousClient().auth.login.mutate({ email, password })).user.email).toBe(email);
  });

  it("expires when nobody confirms it, frees the address and leaves nothing stored", async () => {
    const { client, email, target, token } = await withChange();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 71 * MINUTE });
    expect(await codeOf(openChangeLink(token))).toBe("BAD_REQUEST");
    await runDurableObjectAlarm(await indexOf(target));
    expect(await tablesOf(target)).toEqual([]);
    expect((await client.auth.me.query()).user.email).toBe(email);
    expect((await signUp(target)).user.email).toBe(target);
  });

  it("keeps the old address when the process stops after the reservation", async () => {
    const { client, email, user } = await signUp();
    const target = freshEmail();
    const request = { op: "reserveAddress", userId: user.id, operationId: "0".repeat(32), email: target } as const;
    expect(await (await indexOf(target)).internal({ ...request, until: Date.now() + MINUTE })).toBe("reserved");
    await abortAllDurableObjects();
    expect((await client.auth.me.query()).user.email).toBe(email);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * MINUTE });
    await runDurableObjectAlarm(await indexOf(target));
    expect(await tablesOf(target)).toEqual([]);
  });

  it("updates both indexes when the process stops after the account has its new address", async () => {
    const { client, email, target, token } = await withChange();
    await openChangeLink(token);
    await abortAllDurableObjects();
    expect((await client.auth.me.query()).user.email).toBe(target);
    await released(email);
    const pointer = () =>
      indexOf(target).then((stub) =>
        runInDurableObject(stub, (_instance, state) => state.storage.sql.exec("SELECT * FROM _pointer").toArray()),
      );
    await eventually(async () => expect(await pointer()).toMatchObject([{ committed: 1, email: null }]));
    expect(await codeOf(anonymousClient().auth.signup.mutate({ email: target, password }))).toBe("CONFLICT");
  });
});
