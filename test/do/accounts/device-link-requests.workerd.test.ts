import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { freshEmail, openBrowser, password, signUp } from "../../fixtures/browser.js";
import { addressObject, ask, confirm, guess, login, requestLink, userObject } from "../../fixtures/device-link.js";
import { codeOf } from "../../fixtures/error-code.js";
import { countMails, mailTo, tokenTo } from "../../fixtures/mail.js";
import { signUpVerified } from "../../fixtures/organizations.js";

const anonymousClient = () => openBrowser().client();

// The clock stands still, so that the duration of a hash does not end a wait.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => void vi.useRealTimers());

async function countedMails(email: string): Promise<string[]> {
  return runInDurableObject(await addressObject(email), (_instance, { storage }) =>
    (storage.kv.get<{ kind: string }[]>("userdo:mails") ?? [])
      .map(({ kind }) => kind)
      .filter((kind) => kind === "confirmDevice"),
  );
}

describe("a request for a link that confirms a device", () => {
  it("gets the same answer for a verified address, an unverified one and one without an account", async () => {
    const verified = (await signUpVerified()).email;
    const unverified = (await signUp()).email;
    const unknown = freshEmail();
    const bodies: string[] = [];
    for (const email of [verified, unverified, unknown]) {
      for (let requests = 0; requests < 5; requests++) {
        const response = await openBrowser().fetch("/trpc/auth.requestDeviceLink", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ json: { email } }),
        });
        bodies.push(`${response.status} ${response.headers.getSetCookie().join()} ${await response.text()}`);
      }
    }
    expect(new Set(bodies).size).toBe(1);
    await mailTo(verified, "confirmDevice");
    await mailTo(unverified, "verifyEmail", 2);
    expect(countMails(unverified, "confirmDevice") + countMails(unknown, "confirmDevice")).toBe(0);
  });

  it("stores nothing for an address without an account", async () => {
    const email = freshEmail();
    await runInDurableObject(await addressObject(email), async (_instance, { storage }) => {
      await anonymousClient().auth.requestDeviceLink.mutate({ email });
      // Longer than the pause after which the object sends the mail.
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect([...storage.kv.list()]).toEqual([]);
      const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray();
      expect([tables.length, await storage.getAlarm()]).toEqual([0, null]);
    });
  });

  it("mails an unverified address its verification link at most three times an hour, and no other", async () => {
    const account = await signUp();
    await mailTo(account.email, "verifyEmail");
    for (let requests = 0; requests < 5; requests++) await ask(account);
    await mailTo(account.email, "verifyEmail", 3);
    expect(countMails(account.email, "verifyEmail")).toBe(3);
    expect(countMails(account.email, "confirmDevice")).toBe(0);
  });

  it("mails one link for twenty requests at once, and no further link while that one is valid", async () => {
    const person = await signUpVerified();
    await Promise.all(Array.from({ length: 20 }, () => ask(person)));
    const token = await tokenTo(person.email, "confirmDevice");
    vi.setSystemTime(Date.now() + 19 * 60_000);
    for (let requests = 0; requests < 3; requests++) await ask(person);
    await Promise.all(
      Array.from({ length: 20 }, () => anonymousClient().auth.requestDeviceLink.mutate({ email: person.email })),
    );
    await confirm(token, openBrowser());
    expect(countMails(person.email, "confirmDevice")).toBe(1);
    expect(await countedMails(person.email)).toEqual(["confirmDevice"]);
  });

  it("finds a valid link, or space for a new one, however often strangers ask", async () => {
    const person = await signUpVerified();
    let token = "";
    for (let minute = 0, mails = 0; minute < 130; minute += 5) {
      await ask(person);
      // The platform's clock does not advance.
      await runDurableObjectAlarm(userObject(person));
      const count = Math.floor(minute / 20) + 1;
      if (count > mails) token = await tokenTo(person.email, "confirmDevice", count);
      mails = count;
      expect(await anonymousClient().auth.checkLink.mutate({ token, purpose: "confirmDevice" })).toEqual({
        valid: true,
      });
      expect(countMails(person.email, "confirmDevice")).toBe(count);
      vi.setSystemTime(Date.now() + 5 * 60_000);
    }
  });

  it("is not refused because of guesses, resets, invitations or other mails to the address", async () => {
    const person = await signUpVerified();
    const { email } = person;
    await guess(email);
    for (let requests = 0; requests < 4; requests++) {
      await codeOf(anonymousClient().auth.requestPasswordReset.mutate({ email }));
    }
    const { client } = await signUp();
    for (let rounds = 0; rounds < 4; rounds++) {
      const { id: organizationId } = await client.organizations.create.mutate({ name: "Strangers" });
      await client.organizations.invitations.create.mutate({ organizationId, email, role: "member" });
      await codeOf(client.auth.changeEmail.mutate({ email, password }));
    }
    const browser = openBrowser();
    await confirm(await requestLink(email), browser);
    expect(await login(email, password, browser)).toBe("none");
  });

  it("mails nothing when an event revokes earlier links while it is being counted", async () => {
    const person = await signUpVerified();
    let state: "free" | "blocked" | "released" = "free";
    // The object of the address does not answer, so the mail is not counted yet.
    const blocking = runInDurableObject(await addressObject(person.email), (_instance, object) =>
      object.blockConcurrencyWhile(async () => {
        state = "blocked";
        while (state === "blocked") await new Promise((resolve) => setTimeout(resolve, 5));
      }),
    );
    await eventually(() => expect(state).toBe("blocked"));
    const request = ask(person);
    await person.client.auth.logoutEverywhere.mutate();
    state = "released";
    await Promise.all([blocking, request]);
    const stored = await runInDurableObject(userObject(person), (_instance, { storage: { sql } }) => [
      ...sql.exec("SELECT 1 FROM _mail_tokens WHERE purpose = 'confirmDevice'"),
      ...sql.exec("SELECT 1 FROM _outbox WHERE kind = 'confirmDevice'"),
    ]);
    expect(stored).toEqual([]);
    expect(countMails(person.email, "confirmDevice")).toBe(0);
  });
});
