import { describe, expect, it } from "vitest";
import { delayDeletion, untilDeletionWaits } from "../../fixtures/app/delayed-deletions.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { mailTo, tokenTo } from "../../fixtures/mail.js";
import { signUpVerified } from "../../fixtures/organizations.js";

type SignedUp = Awaited<ReturnType<typeof signUp>>;

const newPassword = "another horse battery";
const anonymousClient = () => openBrowser().client();

async function reset(email: string): Promise<void> {
  await anonymousClient().auth.requestPasswordReset.mutate({ email });
  await anonymousClient().auth.resetPassword.mutate({
    token: await tokenTo(email, "resetPassword"),
    password: newPassword,
  });
}

/** A second session of the same user. */
async function signInElsewhere(email: string) {
  const client = anonymousClient();
  await client.auth.login.mutate({ email, password });
  return client;
}

const events: readonly (readonly [string, string, (account: SignedUp) => Promise<unknown>])[] = [
  ["a reset", newPassword, ({ email }) => reset(email)],
  [
    "a new password, set by another session,",
    newPassword,
    async ({ email }) =>
      (await signInElsewhere(email)).auth.changePassword.mutate({ currentPassword: password, newPassword }),
  ],
  [
    "a new password, set by the same session,",
    newPassword,
    ({ client }) => client.auth.changePassword.mutate({ currentPassword: password, newPassword }),
  ],
  [
    "signing out everywhere",
    password,
    async ({ email }) => (await signInElsewhere(email)).auth.logoutEverywhere.mutate(),
  ],
  [
    "revoking its session",
    password,
    async ({ email }) => (await signInElsewhere(email)).sessions.revokeOthers.mutate(),
  ],
];

describe("a deletion that was confirmed with the password", () => {
  it.each(events)("fails when %s comes first", async (_name, passwordAfter, happen) => {
    const account = await signUp();
    const { client, email, user } = account;
    const proceed = delayDeletion(email);
    const deletion = codeOf(client.account.delete.mutate({ password }));
    await untilDeletionWaits(email);
    await happen(account);
    proceed();
    expect(await deletion).toBe("UNAUTHORIZED");
    const again = await anonymousClient().auth.login.mutate({ email, password: passwordAfter });
    expect(again.user.id).toBe(user.id);
  });

  it("takes effect once when it is requested several times", async () => {
    const { client, email } = await signUpVerified();
    const proceed = delayDeletion(email);
    const deletions = Array.from({ length: 3 }, () => codeOf(client.account.delete.mutate({ password })));
    await untilDeletionWaits(email);
    proceed();
    const codes = await Promise.all(deletions);
    expect(codes).toContain("none");
    for (const code of codes) expect(code).toMatch(/^(none|UNAUTHORIZED)$/);
    await mailTo(email, "accountDeleted");
    expect((await signUp(email)).user.email).toBe(email);
  });

  it("deletes the account when nothing changed meanwhile", async () => {
    const { client, email } = await signUpVerified();
    const proceed = delayDeletion(email);
    const deletion = codeOf(client.account.delete.mutate({ password }));
    await untilDeletionWaits(email);
    proceed();
    expect(await deletion).toBe("none");
    await mailTo(email, "accountDeleted");
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
  });
});

const during: readonly (readonly [string, (account: SignedUp, token: string) => Promise<unknown>])[] = [
  ["another deletion", ({ client }) => client.account.delete.mutate({ password })],
  [
    "a change of password",
    ({ client }) => client.auth.changePassword.mutate({ currentPassword: password, newPassword }),
  ],
  ["a change of address", ({ client }) => client.auth.changeEmail.mutate({ email: freshEmail(), password })],
  ["a reset", (_account, token) => anonymousClient().auth.resetPassword.mutate({ token, password: newPassword })],
];

describe("a call that waits for its password hash while the account is deleted", () => {
  it.each(during)("refuses %s with a clear error", async (_name, start) => {
    const account = await signUp();
    await anonymousClient().auth.requestPasswordReset.mutate({ email: account.email });
    const token = await tokenTo(account.email, "resetPassword");
    const outcomes = await Promise.all([
      codeOf(account.client.account.delete.mutate({ password })),
      ...Array.from({ length: 3 }, () => codeOf(start(account, token))),
    ]);
    for (const code of outcomes) {
      expect(code).toMatch(/^(none|UNAUTHORIZED|CONFLICT|BAD_REQUEST|TOO_MANY_REQUESTS)$/);
    }
  });
});
