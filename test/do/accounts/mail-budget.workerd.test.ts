import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { failMail, mailsTo } from "../../fixtures/app/mailbox.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, mailTo, tokenTo } from "../../fixtures/mail.js";
import { addressName, storesAnything, signUpVerified, storedIn, type Person } from "../../fixtures/organizations.js";
import { moveClock } from "../../fixtures/move-clock.js";

const MINUTE = 60_000;
const newPassword = "another horse battery";
const anonymousClient = () => openBrowser().client();
const userObject = (id: string) => env.BLOG_DO.getByName(`user:${id}`);
const addressObject = async (email: string) => env.BLOG_DO.getByName(await addressName(email));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => void vi.useRealTimers());

/** Stops the object of an address, as the platform does with an idle object. */
const evictAddress = async (email: string) => evictDurableObject(await addressObject(email));

/** Runs the due work in the object of an account, and waits for its messages. */
async function deliver(userId: string): Promise<void> {
  await runInDurableObject(userObject(userId), async (_instance, state) => {
    const tables = state.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = '_outbox'").toArray();
    if (tables.length === 0) return;
    state.storage.sql.exec("UPDATE _outbox SET due = 0");
    await state.storage.setAlarm(Date.now() + 100 * MINUTE);
  });
  await runDurableObjectAlarm(userObject(userId));
}

/** Waits until the given number of resets was counted for an address. */
const resetsCounted = async (email: string, count: number) => {
  const stub = await addressObject(email);
  await vi.waitFor(
    async () => {
      const kinds = await runInDurableObject(stub, (_instance, { storage }) =>
        (storage.kv.get<{ kind: string }[]>("userdo:mails") ?? []).map(({ kind }) => kind),
      );
      expect(kinds.filter((kind) => kind === "resetPassword")).toHaveLength(count);
    },
    { timeout: 8_000, interval: 20 },
  );
};

describe("an address that is not verified", () => {
  it.each([
    [
      "a changed password",
      ({ client }: Pick<Person, "client">) =>
        client.auth.changePassword.mutate({ currentPassword: password, newPassword }),
    ],
    ["a deleted account", ({ client }: Pick<Person, "client">) => client.account.delete.mutate({ password })],
    [
      "a changed address",
      async ({ client }: Pick<Person, "client">) => {
        const target = freshEmail();
        await client.auth.changeEmail.mutate({ email: target, password });
        await client.auth.confirmEmailChange.mutate({ token: await tokenTo(target, "changeEmail") });
      },
    ],
  ])("gets no notice of %s", async (_name, happen) => {
    const account = await signUp();
    await mailTo(account.email, "verifyEmail");
    await happen(account);
    await deliver(account.user.id);
    expect(mailsTo(account.email).map(({ kind }) => kind)).toEqual(["verifyEmail"]);
  });

  it("gets no mail for a password that is changed again and again", async () => {
    const { client, email, user } = await signUp();
    await mailTo(email, "verifyEmail");
    for (let changes = 0; changes < 6; changes++) {
      const [currentPassword, next] = changes % 2 === 0 ? [password, newPassword] : [newPassword, password];
      await client.auth.changePassword.mutate({ currentPassword, newPassword: next });
      await deliver(user.id);
    }
    expect(mailsTo(email)).toHaveLength(1);
  });

  it("gets a reset mail, which verifies it, and then the notice of the new password", async () => {
    const { email } = await signUp();
    await anonymousClient().auth.requestPasswordReset.mutate({ email });
    await anonymousClient().auth.resetPassword.mutate({
      token: await tokenTo(email, "resetPassword"),
      password: newPassword,
    });
    await mailTo(email, "passwordChanged");
  });
});

describe("mails to one address", () => {
  it("are counted across accounts that are deleted and evictions of its object", async () => {
    const email = freshEmail();
    for (let rounds = 0; rounds < 6; rounds++) {
      const { client } = await signUp(email);
      await mailTo(email, "verifyEmail", Math.min(rounds + 1, 3));
      await client.account.delete.mutate({ password });
      await evictAddress(email);
    }
    expect(mailsTo(email)).toHaveLength(3);
  });

  it("do not keep anyone from signing up: the account can ask for its link an hour later", async () => {
    const email = freshEmail();
    for (let rounds = 0; rounds < 3; rounds++) {
      const { client } = await signUp(email);
      await mailTo(email, "verifyEmail", rounds + 1);
      await client.account.delete.mutate({ password });
    }
    const { client, user } = await signUp(email);
    expect(user.emailVerified).toBe(false);
    expect(await codeOf(client.auth.requestEmailVerification.mutate())).toBe("TOO_MANY_REQUESTS");
    moveClock(61 * MINUTE);
    await client.auth.requestEmailVerification.mutate();
    await deliver(user.id);
    await client.auth.verifyEmail.mutate({ token: await tokenTo(email, "verifyEmail", 4) });
    expect(countMails(email, "verifyEmail")).toBe(4);
  });

  it("are counted for resets across evictions, with an account or without", async () => {
    const { email: known } = await signUp();
    for (const email of [known, freshEmail()]) {
      const codes: unknown[] = [];
      for (let requests = 1; requests <= 5; requests++) {
        codes.push(await codeOf(anonymousClient().auth.requestPasswordReset.mutate({ email })));
        await resetsCounted(email, Math.min(requests, 3));
        await evictAddress(email);
      }
      expect(codes).toEqual(["none", "none", "none", "TOO_MANY_REQUESTS", "TOO_MANY_REQUESTS"]);
    }
    await mailTo(known, "resetPassword");
    expect(countMails(known, "resetPassword")).toBeLessThanOrEqual(3);
  });

  it("are counted for changes of address by several accounts, across evictions", async () => {
    const email = freshEmail();
    const codes: unknown[] = [];
    for (let accounts = 0; accounts < 5; accounts++) {
      const { client } = await signUp();
      codes.push(await codeOf(client.auth.changeEmail.mutate({ email, password })));
      await client.account.delete.mutate({ password });
      await evictAddress(email);
    }
    expect(codes).toEqual(["none", "none", "none", "TOO_MANY_REQUESTS", "TOO_MANY_REQUESTS"]);
  });

  it("are counted for links that its own account asks for, with the one of the sign-up", async () => {
    const { client, email } = await signUp();
    const codes: unknown[] = [];
    for (let requests = 0; requests < 4; requests++) {
      codes.push(await codeOf(client.auth.requestEmailVerification.mutate()));
      await evictAddress(email);
    }
    expect(codes).toEqual(["none", "none", "TOO_MANY_REQUESTS", "TOO_MANY_REQUESTS"]);
  });

  it("are three when twenty are requested at once", async () => {
    const { client, email } = await signUp();
    const stranger = freshEmail();
    const countOfTwenty = (ask: () => Promise<unknown>) =>
      Promise.all(Array.from({ length: 20 }, () => codeOf(ask()))).then(
        (codes) => codes.filter((code) => code === "none").length,
      );
    expect(await countOfTwenty(() => anonymousClient().auth.requestPasswordReset.mutate({ email }))).toBe(3);
    expect(await countOfTwenty(() => anonymousClient().auth.requestPasswordReset.mutate({ email: stranger }))).toBe(3);
    expect(await countOfTwenty(() => client.auth.requestEmailVerification.mutate())).toBe(2);
  });

  it("are never more than ten in an hour, of all kinds together", async () => {
    const email = freshEmail();
    const ada = await signUpVerified();
    for (let rounds = 0; rounds < 4; rounds++) {
      const other = await signUp();
      await codeOf(other.client.auth.changeEmail.mutate({ email, password }));
      await other.client.account.delete.mutate({ password });
      const { id: organizationId } = await ada.client.organizations.create.mutate({ name: "Acme" });
      await ada.client.organizations.invitations.create.mutate({ organizationId, email, role: "member" });
      const client = anonymousClient();
      if ((await codeOf(client.auth.signup.mutate({ email, password }))) === "none") {
        await codeOf(client.auth.requestEmailVerification.mutate());
        await codeOf(anonymousClient().auth.requestPasswordReset.mutate({ email }));
        await resetsCounted(email, Math.min(rounds + 1, 3));
        await client.account.delete.mutate({ password });
      }
      await runDurableObjectAlarm(await addressObject(email));
    }
    await mailTo(email, "verifyEmail");
    expect(mailsTo(email).length).toBeLessThanOrEqual(10);
  });
});

describe("notices to a verified address", () => {
  it("are at most three of a kind in an hour, with an audit entry for each", async () => {
    const { client, email, user } = await signUpVerified();
    for (let changes = 0; changes < 5; changes++) {
      const [currentPassword, next] = changes % 2 === 0 ? [password, newPassword] : [newPassword, password];
      await client.auth.changePassword.mutate({ currentPassword, newPassword: next });
      await deliver(user.id);
    }
    await mailTo(email, "passwordChanged", 3);
    await deliver(user.id);
    expect(countMails(email, "passwordChanged")).toBe(3);
    const { items: entries } = await client.account.audit.list.query({ action: "password.change" });
    expect(entries).toHaveLength(5);
    // A notice that is not sent leaves nothing stored and is not reported as an error.
    expect(await runInDurableObject(userObject(user.id), (instance) => instance.deadLetters())).toEqual([]);
  });

  it("count once, however often the mail service fails", async () => {
    const { client, email, user } = await signUpVerified();
    failMail(email, 3);
    await client.auth.changePassword.mutate({ currentPassword: password, newPassword });
    for (let tries = 0; tries < 6; tries++) await deliver(user.id);
    expect(countMails(email, "passwordChanged")).toBe(1);
    for (const [currentPassword, next] of [
      [newPassword, password],
      [password, newPassword],
      [newPassword, password],
    ] as const) {
      await client.auth.changePassword.mutate({ currentPassword, newPassword: next });
      await deliver(user.id);
    }
    expect(countMails(email, "passwordChanged")).toBe(3);
  });

  it("are sent again after an hour", async () => {
    const { client, email, user } = await signUpVerified();
    const change = async (changes: number): Promise<void> => {
      const [currentPassword, next] = changes % 2 === 0 ? [password, newPassword] : [newPassword, password];
      await client.auth.changePassword.mutate({ currentPassword, newPassword: next });
      await deliver(user.id);
    };
    for (let changes = 0; changes < 4; changes++) await change(changes);
    expect(countMails(email, "passwordChanged")).toBe(3);
    moveClock(61 * MINUTE);
    await change(4);
    expect(countMails(email, "passwordChanged")).toBe(4);
  });
});

describe("the counts of an address", () => {
  it("end after an hour and leave nothing, without an account and after one was deleted", async () => {
    const stranger = freshEmail();
    await anonymousClient().auth.requestPasswordReset.mutate({ email: stranger });
    await resetsCounted(stranger, 1);
    const { client, email } = await signUp();
    await client.account.delete.mutate({ password });
    for (const address of [stranger, email]) {
      // There is no table, and neither the address nor the user is stored.
      expect(await storedIn(await addressName(address))).toBe("");
      expect(await storesAnything(await addressName(address))).toBe(true);
    }
    moveClock(60 * MINUTE + 1);
    for (const address of [stranger, email]) {
      await runDurableObjectAlarm(await addressObject(address));
      expect(await storesAnything(await addressName(address))).toBe(false);
    }
  });

  it("end after an hour for an address with an account, and its object stays", async () => {
    const { email } = await signUp();
    moveClock(61 * MINUTE);
    await runDurableObjectAlarm(await addressObject(email));
    const keys = await runInDurableObject(await addressObject(email), (_instance, { storage }) => [
      ...storage.kv.list(),
    ]);
    expect(keys).toEqual([]);
    expect(await codeOf(anonymousClient().auth.login.mutate({ email, password }))).toBe("none");
  });

  it("exclude a sign-up that the app refused before its mail was sent", async () => {
    const email = `refused-${freshEmail()}`;
    for (let tries = 0; tries < 5; tries++) {
      expect(await codeOf(anonymousClient().auth.signup.mutate({ email, password }))).toBe("FORBIDDEN");
    }
    expect(await storesAnything(await addressName(email))).toBe(false);
  });

  it("include a sign-up that the app refused after its mail was sent", async () => {
    const email = `slow-${freshEmail()}`;
    for (let tries = 0; tries < 3; tries++) {
      expect(await codeOf(anonymousClient().auth.signup.mutate({ email, password }))).toBe("FORBIDDEN");
    }
    expect(mailsTo(email)).toHaveLength(3);
    const counted = await runInDurableObject(await addressObject(email), (_instance, { storage }) =>
      storage.kv.get<unknown[]>("userdo:mails"),
    );
    expect(counted).toHaveLength(3);
  });
});
