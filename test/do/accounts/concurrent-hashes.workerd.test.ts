import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { randomBytes, scryptSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { passwordCost } from "../../../src/do/accounts/passwords/password-cost.js";
import { freshEmail, openBrowser, password, sessionCookies, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { tokenTo, openChangeLink } from "../../fixtures/mail.js";

const another = "another horse battery";

const storedHash = (userId: string) =>
  runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, { storage }) =>
    String(storage.sql.exec("SELECT password_hash FROM _account").one()["password_hash"]),
  );

/** A hash as of an imported account, or one with outdated parameters. */
async function storeOldHash(userId: string): Promise<void> {
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, 32, { N: 2 ** 13, r: 8, p: 10, maxmem: 2 ** 25 });
  const text = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");
  await runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, { storage }) => {
    storage.sql.exec("UPDATE _account SET password_hash = ?", `$scrypt$ln=13,r=8,p=10$${text(salt)}$${text(hash)}`);
  });
}

/** Signs in from several browsers, shortly after each other. */
function manyLogins(email: string, count = 4) {
  return Array.from({ length: count }, async (_, index) => {
    await new Promise((resolve) => setTimeout(resolve, index * 60));
    const browser = openBrowser();
    return { browser, code: await codeOf(browser.client().auth.login.mutate({ email, password })) };
  });
}

describe("calls that run while a password is hashed", () => {
  it("leave no session when a sign-in with the old password coincides with a password change", async () => {
    const { client, email } = await signUp();
    const logins = manyLogins(email);
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword: another });
    for (const { browser, code } of await Promise.all(logins)) {
      expect(["none", "UNAUTHORIZED", "TOO_MANY_REQUESTS"]).toContain(code);
      expect(await codeOf(browser.client().auth.me.query())).toBe("UNAUTHORIZED");
    }
    expect(await client.sessions.list.query()).toHaveLength(1);
  });

  it("leave no session when a sign-in coincides with a reset", async () => {
    const { email } = await signUp();
    await openBrowser().client().auth.requestPasswordReset.mutate({ email });
    const token = await tokenTo(email, "resetPassword");
    const logins = manyLogins(email);
    await openBrowser().client().auth.resetPassword.mutate({ token, password: another });
    for (const { browser } of await Promise.all(logins)) {
      expect(await codeOf(browser.client().auth.me.query())).toBe("UNAUTHORIZED");
    }
    const { client } = { client: openBrowser().client() };
    await client.auth.login.mutate({ email, password: another });
    expect(await client.sessions.list.query()).toHaveLength(1);
  });

  it("refuse a sign-in during the account's deletion as for an unknown address", async () => {
    const { client, email } = await signUp();
    const logins = manyLogins(email, 3);
    await client.account.delete.mutate({ password });
    for (const { browser, code } of await Promise.all(logins)) {
      expect(["none", "UNAUTHORIZED"]).toContain(code);
      expect(await codeOf(browser.client().auth.me.query())).toBe("UNAUTHORIZED");
    }
  });

  it("replace a hash with outdated parameters at the next sign-in, and only then", async () => {
    const { email, user } = await signUp();
    await storeOldHash(user.id);
    const login = () => codeOf(openBrowser().client().auth.login.mutate({ email, password }));
    const wrong = openBrowser().client().auth.login.mutate({ email, password: "not the password" });
    expect(await codeOf(wrong)).toBe("UNAUTHORIZED");
    expect(await storedHash(user.id)).toContain("ln=13");
    expect(await Promise.all([login(), login()])).toEqual(["none", "none"]);
    const renewed = await storedHash(user.id);
    expect(renewed).toContain(`$scrypt$ln=${passwordCost.ln},r=${passwordCost.r},p=${passwordCost.p}$`);
    expect(await login()).toBe("none");
    expect(await storedHash(user.id)).toBe(renewed);
  });

  it("never replace a newer password with a new hash of an older one", async () => {
    const { email, user } = await signUp();
    await storeOldHash(user.id);
    await openBrowser().client().auth.requestPasswordReset.mutate({ email });
    const token = await tokenTo(email, "resetPassword");
    const logins = manyLogins(email, 3);
    await openBrowser().client().auth.resetPassword.mutate({ token, password: another });
    await Promise.all(logins);
    expect(await codeOf(openBrowser().client().auth.login.mutate({ email, password: another }))).toBe("none");
  });
});

it("limits the imported digests that one object hashes at once", async () => {
  const object = env.BLOG_DO.getByName(`user:${randomBytes(16).toString("hex")}`);
  const base64 = (size: number) => randomBytes(size).toString("base64").replaceAll("=", "");
  const passwordHash = `$sha256$${base64(9)}$${base64(32)}`;
  const account = { email: freshEmail(), emailVerified: true, passwordHash };
  const replies = await runInDurableObject(object, (instance) =>
    Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        instance.internal({ op: "insertAccount", operationId: String(index), account, wantsResult: true }),
      ),
    ),
  );
  const texts = replies.map((reply) => JSON.stringify(reply));
  expect(texts.filter((text) => text.includes("OBJECT_OVERLOADED")).length).toBeGreaterThan(0);
  expect(texts.filter((text) => text.includes('"ok":true'))).toHaveLength(1);
});

describe("a change of password", () => {
  it("refuses a call of the old session that was under way, and keeps the new cookies", async () => {
    const { browser, client } = await signUp();
    const tab = openBrowser();
    for (const [name, value] of browser.cookies) tab.cookies.set(name, value);
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword: another });
    expect(await codeOf(tab.client().posts.list.query())).toBe("UNAUTHORIZED");
    expect(sessionCookies(tab)).toHaveLength(3);
  });

  it.each(["changePassword", "resetPassword"] as const)(
    "revokes a change of address that was begun with the old password: %s",
    async (way) => {
      const { client, email } = await signUp();
      const target = freshEmail();
      await client.auth.changeEmail.mutate({ email: target, password });
      const token = await tokenTo(target, "changeEmail");
      if (way === "changePassword") {
        await client.auth.changePassword.mutate({ currentPassword: password, newPassword: another });
      } else {
        await openBrowser().client().auth.requestPasswordReset.mutate({ email });
        const reset = await tokenTo(email, "resetPassword");
        await openBrowser().client().auth.resetPassword.mutate({ token: reset, password: another });
      }
      expect(await codeOf(openChangeLink(token))).toBe("BAD_REQUEST");
      const again = openBrowser().client();
      expect((await again.auth.login.mutate({ email, password: another })).user.email).toBe(email);
    },
  );
});
