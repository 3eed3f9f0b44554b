import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { createCaller } from "trpc-userdo/worker";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { toBase64Url } from "../../../src/shared/base64url.js";
import { hmac } from "../../../src/shared/hmac.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password, signUp, type Browser } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { becomeEarlierVersion } from "../../fixtures/earlier-version.js";
import { tokenTo, openChangeLink, openVerifyLink } from "../../fixtures/mail.js";

type SignedUp = Awaited<ReturnType<typeof signUp>>;

const newPassword = "another horse battery";
const deviceCookie = "__Host-userdo-device";
const anonymousClient = () => openBrowser().client();
const objectOf = (userId: string) => env.BLOG_DO.getByName(`user:${userId}`);

// The clock stands still, so that the duration of a hash does not end a wait.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => {
  vi.useRealTimers();
});

const login = (email: string, secret: string, browser = openBrowser()) =>
  codeOf(browser.client().auth.login.mutate({ email, password: secret }));

/** Uses up the tries of strangers. Afterwards only a known device can sign in. */
async function guess(email: string): Promise<void> {
  const codes = await Promise.all(Array.from({ length: 8 }, () => login(email, "not the password")));
  expect(codes).toContain("TOO_MANY_REQUESTS");
}

/** A browser in which the user signed in and out before. */
async function knownBrowser(email: string): Promise<Browser> {
  const browser = openBrowser();
  const client = browser.client();
  await client.auth.login.mutate({ email, password });
  await client.auth.logout.mutate();
  return browser;
}

interface Event {
  readonly name: string;
  readonly happen: (account: SignedUp) => Promise<{ email?: string; password?: string }>;
}

const events: readonly Event[] = [
  {
    name: "a new password",
    async happen({ client }) {
      await client.auth.changePassword.mutate({ currentPassword: password, newPassword });
      return { password: newPassword };
    },
  },
  {
    name: "a reset",
    async happen({ email }) {
      await anonymousClient().auth.requestPasswordReset.mutate({ email });
      const token = await tokenTo(email, "resetPassword");
      await anonymousClient().auth.resetPassword.mutate({ token, password: newPassword });
      return { password: newPassword };
    },
  },
  {
    name: "signing out everywhere",
    async happen({ client }) {
      await client.auth.logoutEverywhere.mutate();
      return {};
    },
  },
  {
    name: "signing out everywhere else",
    async happen({ client }) {
      await client.sessions.revokeOthers.mutate();
      return {};
    },
  },
  {
    name: "signing out everywhere by another Worker",
    async happen({ user }) {
      await createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id }).sessions.revokeOthers();
      return {};
    },
  },
  {
    name: "a new address",
    async happen({ client }) {
      const email = freshEmail();
      await client.auth.changeEmail.mutate({ email, password });
      await openChangeLink(await tokenTo(email, "changeEmail"));
      return { email };
    },
  },
];

describe.each(events)("$name", ({ happen }) => {
  it("forgets devices that were known before, also after an eviction, and a sign-in makes them known again", async () => {
    const account = await signUp();
    const browser = await knownBrowser(account.email);
    const now = { email: account.email, password, ...(await happen(account)) };
    await evictDurableObject(objectOf(account.user.id));
    await eventually(async () => expect(await login(now.email, now.password, browser)).toBe("none"));
    await guess(now.email);
    expect(await login(now.email, now.password, browser)).toBe("none");
  });

  it("counts the tries of such devices with those of strangers", async () => {
    const account = await signUp();
    const browsers = [await knownBrowser(account.email), await knownBrowser(account.email)];
    const now = { email: account.email, password, ...(await happen(account)) };
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => login(now.email, "not the password", browsers[index % 2])),
    );
    expect(codes.filter((code) => code === "UNAUTHORIZED").length).toBeLessThanOrEqual(5);
    expect(await login(now.email, now.password, browsers[0])).toBe("TOO_MANY_REQUESTS");
    expect(await login(now.email, now.password)).toBe("TOO_MANY_REQUESTS");
  });
});

describe("known devices", () => {
  it("stay known without such an event", async () => {
    const { client, email } = await signUp();
    const browser = await knownBrowser(email);
    await client.account.update.mutate({ profile: { firstName: "Ada" } });
    const { session } = await anonymousClient().auth.login.mutate({ email, password });
    await client.sessions.revoke.mutate({ id: session.id });
    await openVerifyLink(await tokenTo(email, "verifyEmail"));
    await guess(email);
    expect(await login(email, password, browser)).toBe("none");
  });

  it("include the browser that changed the password", async () => {
    const { browser, client, email } = await signUp();
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    await client.auth.logout.mutate();
    await guess(email);
    expect(await login(email, newPassword, browser)).toBe("none");
  });

  it("do not include a browser that signed in with a password that was replaced concurrently", async () => {
    const { client, email } = await signUp();
    const browsers = [openBrowser(), openBrowser()];
    await Promise.all([
      client.auth.changePassword.mutate({ currentPassword: password, newPassword }),
      ...browsers.map((browser) => login(email, password, browser)),
    ]);
    await guess(email);
    for (const browser of browsers) expect(await login(email, newPassword, browser)).toBe("TOO_MANY_REQUESTS");
  });

  it("do not survive the deletion of the account for the next one with its address", async () => {
    const { client, email } = await signUp();
    const browser = await knownBrowser(email);
    await client.account.delete.mutate({ password });
    await eventually(async () => expect(await codeOf(signUp(email))).toBe("none"));
    await guess(email);
    expect(await login(email, password, browser)).toBe("TOO_MANY_REQUESTS");
  });

  it("of other accounts in the same browser stay known, however often the password of one changes", async () => {
    const [ada, bob, cid, dot] = [await signUp(), await signUp(), await signUp(), await signUp()];
    const { browser, client } = ada;
    for (const { email } of [bob, cid, dot, ada]) await client.auth.login.mutate({ email, password });
    const passwords = [password, "another horse battery", "a third horse battery", "a fourth horse battery"];
    for (const [index, newest] of passwords.slice(1).entries()) {
      await client.auth.changePassword.mutate({ currentPassword: passwords[index] ?? "", newPassword: newest });
    }
    for (const { email } of [bob, cid, dot]) {
      await guess(email);
      expect(await login(email, password, browser)).toBe("none");
    }
  });
});

describe("a user's object", () => {
  it("does not check a password for a device epoch that has ended", async () => {
    const { client, email, user } = await signUp();
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    const request = { op: "login", email, password: newPassword, device: {} } as const;
    const answers = await runInDurableObject(objectOf(user.id), (instance) =>
      Promise.all([
        instance.internal({ ...request, deviceEpoch: "" }),
        instance.internal({ ...request, deviceEpoch: "AAAAAAAAAAA" }),
      ]),
    );
    expect(answers).toEqual(["unknown device", "unknown device"]);
    expect(await client.sessions.list.query()).toHaveLength(1);
  });
});

describe("a user's object of the previous version", () => {
  const id = "0123456789abcdef".repeat(2);

  /** A browser with a device cookie of the previous version. */
  async function oldBrowser(userId: string): Promise<Browser> {
    const mac = await hmac(env.JWT_SECRET, `device|BLOG_DO|${userId}|${id}`);
    const browser = openBrowser();
    browser.cookies.set(deviceCookie, `${id}.${toBase64Url(mac.subarray(0, 16))}`);
    return browser;
  }

  /** Deletes the table that the previous version did not have, and stops the object. */
  async function downgrade(userId: string): Promise<void> {
    await runInDurableObject(objectOf(userId), (_instance, { storage: { sql } }) => {
      sql.exec("DROP TABLE _device_epoch");
      becomeEarlierVersion(sql);
    });
    await evictDurableObject(objectOf(userId));
  }

  it("accepts its device cookies until the first event that revokes them", async () => {
    const account = await signUp();
    await downgrade(account.user.id);
    const browser = await oldBrowser(account.user.id);
    const untouched = await oldBrowser(account.user.id);
    await guess(account.email);
    expect(await login(account.email, password, browser)).toBe("none");
    await account.client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    expect(await login(account.email, newPassword, browser)).toBe("TOO_MANY_REQUESTS");
    expect(await login(account.email, newPassword, untouched)).toBe("TOO_MANY_REQUESTS");
    expect(await login(account.email, newPassword, account.browser)).toBe("none");
  });

  it("rejects a device cookie that was cut out of a newer one", async () => {
    const { browser, client, email } = await signUp();
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    const [device = "", mark = ""] = (browser.cookies.get(deviceCookie) ?? "").split(".");
    expect(mark).toHaveLength(33);
    await guess(email);
    for (const forged of [mark.slice(11), `AAAAAAAAAAA${mark.slice(11)}`, mark.slice(0, 11) + "A".repeat(22)]) {
      const other = openBrowser();
      other.cookies.set(deviceCookie, `${device}.${forged}`);
      expect(await login(email, newPassword, other)).toBe("TOO_MANY_REQUESTS");
    }
    expect(await login(email, newPassword, browser)).toBe("none");
  });
});
