import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { failMail } from "../../fixtures/app/mailbox.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, tokenTo, openChangeLink, openVerifyLink } from "../../fixtures/mail.js";

type SignedUp = Awaited<ReturnType<typeof signUp>>;

const newPassword = "another horse battery";
const anonymousClient = () => openBrowser().client();
const objectOf = (userId: string) => env.BLOG_DO.getByName(`user:${userId}`);

const stored = (userId: string, query: string) =>
  runInDurableObject(objectOf(userId), (_instance, state) => state.storage.sql.exec(query).toArray());

/** Makes all messages in the outbox due, and runs the alarm. */
async function deliverWaiting(userId: string): Promise<void> {
  await runInDurableObject(objectOf(userId), async (_instance, state) => {
    state.storage.sql.exec("UPDATE _outbox SET due = 0");
    await state.storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(objectOf(userId));
}

const events: readonly (readonly [string, (account: SignedUp) => Promise<unknown>])[] = [
  ["a new password", ({ client }) => client.auth.changePassword.mutate({ currentPassword: password, newPassword })],
  [
    "a reset",
    async ({ email }) => {
      await anonymousClient().auth.requestPasswordReset.mutate({ email });
      await anonymousClient().auth.resetPassword.mutate({
        token: await tokenTo(email, "resetPassword"),
        password: newPassword,
      });
    },
  ],
  ["signing out everywhere", ({ client }) => client.auth.logoutEverywhere.mutate()],
];

describe.each(events)("%s revokes earlier links and changes of address", (_name, happen) => {
  it("deletes the mail to a new address that still waits in the outbox", async () => {
    const account = await signUp();
    const target = freshEmail();
    failMail(target, 1_000);
    await account.client.auth.changeEmail.mutate({ email: target, password });
    await deliverWaiting(account.user.id);
    await happen(account);
    failMail(target, 0);
    await deliverWaiting(account.user.id);
    expect(countMails(target, "changeEmail")).toBe(0);
    expect(await stored(account.user.id, "SELECT * FROM _email_change")).toEqual([]);
    expect(await stored(account.user.id, "SELECT * FROM _mail_tokens WHERE purpose = 'changeEmail'")).toEqual([]);
  });

  it("revokes the link that was mailed to a new address, and frees that address", async () => {
    const account = await signUp();
    const target = freshEmail();
    await account.client.auth.changeEmail.mutate({ email: target, password });
    const token = await tokenTo(target, "changeEmail");
    await happen(account);
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(openChangeLink(token))));
    expect(new Set(codes)).toEqual(new Set(["BAD_REQUEST"]));
    expect((await signUp(target)).user.id).not.toBe(account.user.id);
  });

  it("keeps the link that verifies the account's own address", async () => {
    const account = await signUp();
    const token = await tokenTo(account.email, "verifyEmail");
    await happen(account);
    expect(await codeOf(openVerifyLink(token))).toBe("none");
  });
});

describe.each(events.filter(([name]) => name !== "a reset"))("%s revokes a password reset", (_name, happen) => {
  it("deletes the mail that still waits in the outbox", async () => {
    const account = await signUp();
    await tokenTo(account.email, "verifyEmail");
    failMail(account.email, 1_000);
    await runInDurableObject(objectOf(account.user.id), (instance) =>
      instance.internal({ op: "requestPasswordReset", email: account.email, device: {} }),
    );
    await deliverWaiting(account.user.id);
    await happen(account);
    failMail(account.email, 0);
    await deliverWaiting(account.user.id);
    expect(countMails(account.email, "resetPassword")).toBe(0);
    expect(await stored(account.user.id, "SELECT * FROM _mail_tokens WHERE purpose = 'resetPassword'")).toEqual([]);
  });

  it("revokes the link that was mailed", async () => {
    const account = await signUp();
    await anonymousClient().auth.requestPasswordReset.mutate({ email: account.email });
    const token = await tokenTo(account.email, "resetPassword");
    await happen(account);
    expect(
      await codeOf(anonymousClient().auth.resetPassword.mutate({ token, password: "a third horse battery" })),
    ).toBe("BAD_REQUEST");
  });
});

describe("a change of address that was confirmed with the old password", () => {
  it("is cancelled by a new password that is set while the address is being reserved", async () => {
    const { client, user } = await signUp();
    const target = freshEmail();
    const [change] = await Promise.all([
      codeOf(client.auth.changeEmail.mutate({ email: target, password })),
      codeOf(client.auth.changePassword.mutate({ currentPassword: password, newPassword })),
    ]);
    expect(change).toMatch(/^(none|UNAUTHORIZED)$/);
    expect(await stored(user.id, "SELECT * FROM _email_change")).toEqual([]);
    await deliverWaiting(user.id);
    expect(await stored(user.id, "SELECT * FROM _mail_tokens WHERE purpose = 'changeEmail'")).toEqual([]);
    expect((await signUp(target)).user.id).not.toBe(user.id);
  });
});
