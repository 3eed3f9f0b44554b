import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { emailObjectName } from "../../../src/do/accounts/email/email-object-name.js";
import { stubOf } from "../../../src/shared/object-stub.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { tokenTo, openChangeLink } from "../../fixtures/mail.js";
import { untilIdle } from "../../fixtures/organizations.js";

type SignedUp = Awaited<ReturnType<typeof signUp>>;

const newPassword = "another horse battery";
const anonymousClient = () => openBrowser().client();

const pendingOf = (userId: string) =>
  runInDurableObject(env.BLOG_DO.getByName(`user:${userId}`), (_instance, { storage }) =>
    storage.sql.exec("SELECT email FROM _email_change").toArray(),
  );

/** The user that an address's object points to, and for which operation. */
async function pointerOf(email: string): Promise<Record<string, unknown> | undefined> {
  return runInDurableObject(
    env.BLOG_DO.getByName(emailObjectName(env.INDEX_SECRET, email)),
    (_instance, { storage }) => {
      const [table] = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = '_pointer'").toArray();
      return table && storage.sql.exec("SELECT user_id, operation_id FROM _pointer").toArray()[0];
    },
  );
}

/** Expects that only a pending change reserves an address. */
async function expectFree(account: SignedUp, ...targets: string[]): Promise<void> {
  await untilIdle(`user:${account.user.id}`);
  const pending = (await pendingOf(account.user.id)).map(({ email }) => email);
  for (const target of targets) {
    if (pending.includes(target)) continue;
    expect(await pointerOf(target)).toBeUndefined();
  }
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const rounds = Array.from({ length: 6 }, (_, round) => round * 3);

describe("a change of address concurrent with an event that revokes it", () => {
  const events: Record<string, (account: SignedUp) => Promise<unknown>> = {
    "signing out everywhere": ({ client }) => client.auth.logoutEverywhere.mutate(),
    "a new password": ({ client }) => client.auth.changePassword.mutate({ currentPassword: password, newPassword }),
    deletion: ({ client }) => client.account.delete.mutate({ password }),
  };

  it.each(Object.entries(events))("leaves no reservation behind: %s", async (_name, happen) => {
    for (const pause of rounds) {
      const account = await signUp();
      const target = freshEmail();
      const [change] = await Promise.all([
        codeOf(account.client.auth.changeEmail.mutate({ email: target, password })),
        wait(pause).then(() => codeOf(happen(account))),
      ]);
      expect(["none", "UNAUTHORIZED", "TOO_MANY_REQUESTS", "NOT_FOUND"]).toContain(change);
      if (change === "UNAUTHORIZED" && (await pointerOf(target)) === undefined) continue;
      await expect.poll(() => pointerOf(target), { timeout: 4_000 }).toBeUndefined();
    }
  });
});

describe("two changes of address at once", () => {
  it("keep one address reserved, and free the other", async () => {
    for (const pause of rounds) {
      const account = await signUp();
      const [one, other] = [freshEmail(), freshEmail()];
      await Promise.all([
        codeOf(account.client.auth.changeEmail.mutate({ email: one, password })),
        wait(pause).then(() => codeOf(account.client.auth.changeEmail.mutate({ email: other, password }))),
      ]);
      expect(await pendingOf(account.user.id)).toHaveLength(1);
      await expectFree(account, one, other);
    }
  });

  it("to the same address leave a change that can expire if the last exceeds the mail limit", async () => {
    const account = await signUp();
    const target = freshEmail();
    for (let mails = 0; mails < 3; mails++) await account.client.auth.changeEmail.mutate({ email: target, password });
    expect(await codeOf(account.client.auth.changeEmail.mutate({ email: target, password }))).toBe("TOO_MANY_REQUESTS");
    await account.client.auth.logoutEverywhere.mutate();
    await expectFree(account, target);
  });
});

it("leaves no reservation when a new password revokes a link to a new address while it is opened", async () => {
  for (const pause of rounds) {
    const account = await signUp();
    const target = freshEmail();
    await account.client.auth.changeEmail.mutate({ email: target, password });
    const token = await tokenTo(target, "changeEmail");
    const [changed, confirmed] = await Promise.all([
      codeOf(account.client.auth.changePassword.mutate({ currentPassword: password, newPassword })),
      wait(pause * 2).then(() => codeOf(openChangeLink(token))),
    ]);
    // A confirmation during the hash makes the new password fail, because it was requested for the previous address.
    expect(changed === "none" || (changed === "CONFLICT" && confirmed === "none")).toBe(true);
    const { user } = await account.client.auth.me.query();
    if (confirmed === "none") expect(user.email).toBe(target);
    else {
      expect(user.email).toBe(account.email);
      await expectFree(account, target);
    }
  }
});

it("sets exactly one of several new passwords that a server sends at once, and only that call succeeds", async () => {
  const { email, user } = await signUp();
  const chosen = Array.from({ length: 4 }, (_each, index) => `horse battery number ${index}`);
  const replies = await stubOf(
    { objects: env.BLOG_DO, appJurisdiction: undefined },
    { type: "user", id: user.id },
  ).trpc(
    { type: "user", userId: user.id, via: "rpc" },
    chosen.map((next) => ({
      path: "auth.changePassword",
      type: "mutation",
      input: { currentPassword: password, newPassword: next },
    })),
  );
  expect(replies.filter(({ ok }) => ok)).toHaveLength(1);
  for (const [index, next] of chosen.entries()) {
    const signIn = anonymousClient().auth.login.mutate({ email, password: next });
    expect((await codeOf(signIn)) === "none").toBe(replies[index]?.ok);
  }
});
