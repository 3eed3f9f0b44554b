import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";

const newPassword = "another horse battery";

describe("a change of password without a reply", () => {
  it("rejects the repeat with a message that the password was changed, and signs nobody in", async () => {
    const { browser, email, user } = await signUp();
    const change = { currentPassword: password, newPassword };
    const lost = openBrowser();
    for (const [name, value] of browser.cookies) lost.cookies.set(name, value);
    await lost.client().auth.changePassword.mutate(change);
    // The browser has the cookies of the session that was replaced.
    const before = new Map(browser.cookies);
    for (let tries = 0; tries < 2; tries++) {
      const error = await browser
        .client()
        .auth.changePassword.mutate(change)
        .then(
          () => undefined,
          (cause: Error & { data: { code: string } }) => cause,
        );
      expect(error?.data.code).toBe("UNAUTHORIZED");
      expect(error?.message).toBe(
        "The password was changed, and this session ended with it. Sign in with the new password.",
      );
    }
    expect(browser.cookies).toEqual(before);
    const changes = await runInDurableObject(env.BLOG_DO.getByName(`user:${user.id}`), (_instance, { storage }) =>
      storage.sql.exec("SELECT id FROM _audit WHERE action = 'password.change' AND outcome = 'ok'").toArray(),
    );
    expect(changes).toHaveLength(1);
    await browser.client().auth.login.mutate({ email, password: newPassword });
    expect(await codeOf(browser.client().auth.me.query())).toBe("none");
  });
});
