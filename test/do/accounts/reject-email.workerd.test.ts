import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { errorReason } from "../../../src/shared/error-reason.js";
import { delayDeletion, untilDeletionWaits } from "../../fixtures/app/delayed-deletions.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, openChangeLink, openVerifyLink, tokenTo } from "../../fixtures/mail.js";
import { addressName, untilIdle, storedIn } from "../../fixtures/organizations.js";

const newPassword = "another horse battery";
const anonymousClient = () => openBrowser().client();
const reject = (token: string) => codeOf(anonymousClient().auth.rejectEmail.mutate({ token }));
const runTwentyTimes = <TResult>(work: () => Promise<TResult>) => Promise.all(Array.from({ length: 20 }, work));

async function signedUp() {
  const account = await signUp();
  return { ...account, token: await tokenTo(account.email, "verifyEmail") };
}

async function resetPassword(email: string): Promise<void> {
  await anonymousClient().auth.requestPasswordReset.mutate({ email });
  const token = await tokenTo(email, "resetPassword");
  await anonymousClient().auth.resetPassword.mutate({ token, password: newPassword });
}

describe("rejecting the address of an account that never verified it", () => {
  it("deletes the account, ends its sessions and frees the address", async () => {
    const { client, email, user, token } = await signedUp();
    await client.posts.create.mutate({ title: "A stranger's", body: "post" });
    expect(await reject(token)).toBe("none");
    expect(await codeOf(client.auth.me.query())).toBe("UNAUTHORIZED");
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("UNAUTHORIZED");
    await eventually(async () => expect(await storedIn(`user:${user.id}`)).toBe(""));
    const owner = await signUp(email);
    expect(owner.user.id).not.toBe(user.id);
    expect(countMails(email, "accountDeleted")).toBe(0);
  });

  it("succeeds once of twenty calls at once, and not for the next account with the address", async () => {
    const { email, token } = await signedUp();
    const codes = await runTwentyTimes(() => reject(token));
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set(["none", "BAD_REQUEST"]));
    const owner = await signUp(email);
    expect(await reject(token)).toBe("BAD_REQUEST");
    expect(await codeOf(owner.client.auth.me.query())).toBe("none");
  });

  it("works in a browser that is signed in to another account, which stays signed in", async () => {
    const [{ token }, other] = [await signedUp(), await signUp()];
    await other.client.auth.rejectEmail.mutate({ token });
    expect((await other.client.auth.me.query()).user.id).toBe(other.user.id);
  });

  it("transfers the account's organizations to their other members", async () => {
    const { client, token } = await signedUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Acme" });
    const member = await signUp();
    await openVerifyLink(await tokenTo(member.email, "verifyEmail"));
    const invitation = { organizationId, email: member.email, role: "admin" } as const;
    const { id: invitationId } = await client.organizations.invitations.create.mutate(invitation);
    await eventually(() => member.client.organizations.invitations.accept.mutate({ invitationId }));
    expect(await reject(token)).toBe("none");
    await eventually(async () =>
      expect(await member.client.organizations.members.list.query({ organizationId })).toMatchObject([
        { userId: member.user.id, role: "owner" },
      ]),
    );
  });

  it("verifies or rejects, but never both, when both happen at once", async () => {
    for (let rounds = 0; rounds < 4; rounds++) {
      const { email, user, token } = await signedUp();
      const verify = () => codeOf(openVerifyLink(token));
      const [first, second] = rounds % 2 === 0 ? [verify, () => reject(token)] : [() => reject(token), verify];
      const [one, other] = await Promise.all([runTwentyTimes(first), runTwentyTimes(second)]);
      const [verified, rejected] = rounds % 2 === 0 ? [one, other] : [other, one];
      const isVerified = verified.includes("none");
      expect(rejected.filter((code) => code === "none")).toHaveLength(isVerified ? 0 : 1);
      const login = await codeOf(anonymousClient().auth.login.mutate({ email, password }));
      expect(login).toBe(isVerified ? "none" : "UNAUTHORIZED");
      if (!isVerified) expect((await signUp(email)).user.id).not.toBe(user.id);
    }
  });

  it("is refused when the address is verified while the app's onDelete runs", async () => {
    const { client, email, token } = await signedUp();
    const release = delayDeletion(email);
    const rejected = reject(token);
    await untilDeletionWaits(email);
    await client.auth.verifyEmail.mutate({ token });
    release();
    expect(await rejected).toBe("BAD_REQUEST");
    expect((await client.auth.me.query()).user).toMatchObject({ email, emailVerified: true });
  });
});

it("does not delete an account when the app's onDelete refuses that, and the link stays valid", async () => {
  const { client, email } = await signUp(`kept-${freshEmail()}`);
  const token = await tokenTo(email, "verifyEmail");
  expect(await reject(token)).toBe("CONFLICT");
  expect((await client.auth.me.query()).user.email).toBe(email);
  await client.auth.verifyEmail.mutate({ token });
});

describe("rejecting a verified address", () => {
  it("is refused after the address was verified, by its own link and by an earlier one", async () => {
    const { client, email, token } = await signedUp();
    await client.auth.requestEmailVerification.mutate();
    const newer = await tokenTo(email, "verifyEmail", 2);
    expect(await reject(token)).toBe("BAD_REQUEST");
    await openVerifyLink(newer);
    expect(await reject(newer)).toBe("BAD_REQUEST");
    expect((await client.auth.me.query()).user.emailVerified).toBe(true);
  });

  it("is refused with a reason after a reset verified it, although the link was not used", async () => {
    const { email, user, token } = await signedUp();
    await resetPassword(email);
    const error: unknown = await anonymousClient()
      .auth.rejectEmail.mutate({ token })
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ data: { code: "CONFLICT" } });
    expect(errorReason(error)).toBe("EMAIL_VERIFIED");
    expect((await anonymousClient().auth.login.mutate({ email, password: newPassword })).user.id).toBe(user.id);
  });
});

describe("rejecting a new address of an account", () => {
  async function withChange() {
    const account = await signUp();
    const target = freshEmail();
    await account.client.auth.changeEmail.mutate({ email: target, password });
    return { ...account, target, token: await tokenTo(target, "changeEmail") };
  }

  it("cancels the change, frees the address and leaves the account as it is", async () => {
    const { client, email, user, target, token } = await withChange();
    expect(await reject(token)).toBe("none");
    expect((await client.auth.me.query()).user).toMatchObject({ id: user.id, email });
    expect(await codeOf(openChangeLink(token))).toBe("BAD_REQUEST");
    await untilIdle(`user:${user.id}`);
    const pointers = await runInDurableObject(
      env.BLOG_DO.getByName(await addressName(target)),
      (_instance, { storage: { sql } }) =>
        sql.exec("SELECT name FROM sqlite_master WHERE name = '_pointer'").toArray().length === 0
          ? []
          : sql.exec("SELECT * FROM _pointer").toArray(),
    );
    expect(pointers).toEqual([]);
    const { items: entries } = await client.account.audit.list.query({ action: "email.reject" });
    expect(entries).toHaveLength(1);
    expect((await signUp(target)).user.id).not.toBe(user.id);
  });

  it("succeeds once of twenty calls at once", async () => {
    const { token } = await withChange();
    const codes = await runTwentyTimes(() => reject(token));
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set(["none", "BAD_REQUEST"]));
  });

  it("confirms or rejects, but never both, when both happen at once", async () => {
    for (let rounds = 0; rounds < 4; rounds++) {
      const { client, target, token } = await withChange();
      const [confirmed, rejected] = await Promise.all([
        runTwentyTimes(() => codeOf(openChangeLink(token))),
        runTwentyTimes(() => reject(token)),
      ]);
      const isConfirmed = confirmed.includes("none");
      expect(rejected.filter((code) => code === "none")).toHaveLength(isConfirmed ? 0 : 1);
      expect((await client.auth.me.query()).user.email === target).toBe(isConfirmed);
    }
  });

  it("is refused after the change was confirmed", async () => {
    const { client, target, token } = await withChange();
    await openChangeLink(token);
    expect(await reject(token)).toBe("BAD_REQUEST");
    expect((await client.auth.me.query()).user.email).toBe(target);
  });
});

it("does not accept a link to a new password, which stays valid", async () => {
  const { email } = await signUp();
  await anonymousClient().auth.requestPasswordReset.mutate({ email });
  const token = await tokenTo(email, "resetPassword");
  expect(await reject(token)).toBe("BAD_REQUEST");
  await anonymousClient().auth.resetPassword.mutate({ token, password: newPassword });
});
