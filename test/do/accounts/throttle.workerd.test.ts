import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { emailObjectAddress } from "../../../src/shared/email-object-address.js";
import { toName } from "../../../src/shared/owner.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, mailTo, tokenTo } from "../../fixtures/mail.js";
import { moveClock } from "../../fixtures/move-clock.js";

const SECOND = 1000;
const HOUR = 3600 * SECOND;

// The clock moves only when a test moves it, so that the duration of a hash does not matter.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => {
  vi.useRealTimers();
});

const login = (email: string, secret: string, browser = openBrowser()) =>
  codeOf(browser.client().auth.login.mutate({ email, password: secret }));

async function wrongTries(email: string, count: number): Promise<unknown[]> {
  const codes: unknown[] = [];
  for (let tries = 0; tries < count; tries++) codes.push(await login(email, "not the password"));
  return codes;
}

const indexOf = async (email: string) =>
  env.BLOG_DO.getByName(toName(await emailObjectAddress(env.INDEX_SECRET, email)));

describe("password guesses", () => {
  it("are delayed after five wrong ones, for an address with an account or without", async () => {
    const { email } = await signUp();
    for (const address of [email, freshEmail()]) {
      const codes = await wrongTries(address, 7);
      expect(codes).toEqual([...Array<string>(5).fill("UNAUTHORIZED"), "TOO_MANY_REQUESTS", "TOO_MANY_REQUESTS"]);
    }
  });

  it("wait twice as long after each further one, until the right password is accepted", async () => {
    const { email } = await signUp();
    await wrongTries(email, 5);
    for (const seconds of [1, 2, 4]) {
      moveClock((seconds - 0.5) * SECOND);
      expect(await login(email, password)).toBe("TOO_MANY_REQUESTS");
      moveClock(SECOND);
      expect(await login(email, "not the password")).toBe("UNAUTHORIZED");
    }
    moveClock(8 * SECOND);
    expect(await login(email, password)).toBe("none");
    expect(await login(email, "not the password")).toBe("UNAUTHORIZED");
  });

  it("of a stranger do not keep the user out of a browser that signed in before", async () => {
    const { browser, client, email } = await signUp();
    await client.auth.logout.mutate();
    expect([...browser.cookies.keys()]).toEqual(["__Host-userdo-device"]);
    expect((await wrongTries(email, 8)).at(-1)).toBe("TOO_MANY_REQUESTS");
    expect(await login(email, password)).toBe("TOO_MANY_REQUESTS");
    expect(await login(email, password, browser)).toBe("none");
  });

  it("have five tries in such a browser, and none from a device cookie of another user", async () => {
    const { browser, client, email } = await signUp();
    await client.auth.logout.mutate();
    const codes: unknown[] = [];
    for (let tries = 0; tries < 6; tries++) codes.push(await login(email, "not the password", browser));
    expect(codes).toEqual([...Array<string>(5).fill("UNAUTHORIZED"), "TOO_MANY_REQUESTS"]);

    const victim = await signUp();
    await wrongTries(victim.email, 6);
    const stranger = await signUp();
    expect(await login(victim.email, password, stranger.browser)).toBe("TOO_MANY_REQUESTS");
    const forged = openBrowser();
    forged.cookies.set("__Host-userdo-device", `${"0".repeat(32)}.${"A".repeat(22)}`);
    expect(await login(victim.email, password, forged)).toBe("TOO_MANY_REQUESTS");
  });

  it("are counted per user in a browser of two users", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    await ada.client.auth.login.mutate({ email: bob.email, password });
    await wrongTries(ada.email, 5);
    expect(await login(ada.email, password, ada.browser)).toBe("none");
    await wrongTries(bob.email, 5);
    expect(await login(bob.email, password, ada.browser)).toBe("none");
  });

  it("are limited alike when twenty are sent at once", async () => {
    const { email } = await signUp();
    const codes = await Promise.all(Array.from({ length: 20 }, () => login(email, "not the password")));
    expect(codes.filter((code) => code === "TOO_MANY_REQUESTS").length).toBeGreaterThanOrEqual(15);
  });

  it("are no longer delayed after a new password by mail", async () => {
    const { email } = await signUp();
    await wrongTries(email, 6);
    await openBrowser().client().auth.requestPasswordReset.mutate({ email });
    const token = await tokenTo(email, "resetPassword");
    await openBrowser().client().auth.resetPassword.mutate({ token, password: "another horse battery" });
    await eventually(async () => expect(await login(email, "another horse battery")).toBe("none"));
  });

  it("are limited too where a signed-in user must confirm the password", async () => {
    const { client } = await signUp();
    const codes: unknown[] = [];
    for (let tries = 0; tries < 6; tries++) {
      codes.push(await codeOf(client.account.delete.mutate({ password: "not the password" })));
    }
    expect(codes).toEqual([...Array<string>(5).fill("UNAUTHORIZED"), "TOO_MANY_REQUESTS"]);
  });

  it("do not let accounts that are created and deleted mail one address repeatedly", async () => {
    const email = freshEmail();
    for (let accounts = 0; accounts < 5; accounts++) {
      const { client } = await signUp(email);
      await mailTo(email, "verifyEmail", Math.min(accounts + 1, 3));
      await client.account.delete.mutate({ password });
    }
    expect(countMails(email, "verifyEmail")).toBe(3);
  });

  it("do not let several accounts that request one address mail it repeatedly", async () => {
    const [email, away] = [freshEmail(), freshEmail()];
    const codes: unknown[] = [];
    for (let accounts = 0; accounts < 4; accounts++) {
      const { client } = await signUp();
      codes.push(await codeOf(client.auth.changeEmail.mutate({ email, password })));
      // This frees it for the next account.
      await codeOf(client.auth.changeEmail.mutate({ email: `${accounts}${away}`, password }));
      await eventually(async () => {
        const stub = await indexOf(email);
        await runInDurableObject(stub, (_instance, { storage }) => {
          const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = '_pointer'").toArray();
          if (tables.length > 0) expect(storage.sql.exec("SELECT 1 FROM _pointer").toArray()).toEqual([]);
        });
      });
    }
    expect(codes).toEqual(["none", "none", "none", "TOO_MANY_REQUESTS"]);
  });

  it("leave nothing stored for an address without an account once they have expired", async () => {
    const email = freshEmail();
    await wrongTries(email, 6);
    const stub = await indexOf(email);
    const tables = () =>
      runInDurableObject(stub, (_instance, state) =>
        state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
      );
    expect(await tables()).not.toEqual([]);
    moveClock(HOUR + SECOND);
    await runDurableObjectAlarm(stub);
    expect(await tables()).toEqual([]);
  });

  it("are hashed one at a time while four wait, and the rest are refused", async () => {
    const { client } = await signUp();
    const change = { currentPassword: password, newPassword: "another horse battery" };
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(client.auth.changePassword.mutate(change))),
    );
    expect(codes.filter((code) => code === "none").length).toBeLessThanOrEqual(1);
    expect(codes.filter((code) => code === "TOO_MANY_REQUESTS").length).toBeGreaterThan(0);
  });
});
