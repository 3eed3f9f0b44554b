import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../../fixtures/eventually.js";
import { errorReason } from "../../../src/shared/error-reason.js";
import { invalidLink } from "../../../src/router/auth/invalid-link.js";
import { freshEmail, openBrowser, password, send, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { addressObject, confirm, guess, login, requestLink, userObject } from "../../fixtures/device-link.js";
import { mailTo, tokenTo } from "../../fixtures/mail.js";
import { signUpVerified } from "../../fixtures/organizations.js";
import { openSocket } from "../../fixtures/socket.js";

const wrong = "not the password";
const deviceCookie = "__Host-userdo-device";
const anonymousClient = () => openBrowser().client();
// The clock stands still, so that the duration of a hash does not end a wait.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => void vi.useRealTimers());

async function failureOf(call: Promise<unknown>): Promise<{ code: unknown; reason: unknown }> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { data } = error as { data?: { code?: unknown } };
  return { code: data?.code, reason: errorReason(error) };
}

describe("a sign-in that is throttled because of a stranger's guesses", () => {
  it("succeeds in a browser that the mailed link has confirmed, also after evictions", async () => {
    const person = await signUpVerified();
    const { email } = person;
    await guess(email);
    const browser = openBrowser();
    expect(await login(email, password, browser)).toBe("TOO_MANY_REQUESTS");
    await browser.client().auth.requestDeviceLink.mutate({ email });
    const token = await tokenTo(email, "confirmDevice");
    await evictDurableObject(userObject(person));
    await evictDurableObject(await addressObject(email));
    await confirm(token, browser);
    expect([...browser.cookies.keys()]).toEqual([deviceCookie]);
    expect(await codeOf(browser.client().auth.me.query())).toBe("UNAUTHORIZED");
    await evictDurableObject(await addressObject(email));
    expect(await login(email, password, browser)).toBe("none");
    // The stranger gets no new tries.
    expect(await login(email, password)).toBe("TOO_MANY_REQUESTS");
  });

  it("is refused with a reason, like a confirmation with the password", async () => {
    const { client, email } = await signUp();
    for (const address of [email, freshEmail()]) {
      await guess(address);
      expect(await failureOf(anonymousClient().auth.login.mutate({ email: address, password }))).toEqual({
        code: "TOO_MANY_REQUESTS",
        reason: "TOO_MANY_WRONG_PASSWORDS",
      });
    }
    for (let tries = 0; tries < 5; tries++) await codeOf(client.account.delete.mutate({ password: wrong }));
    expect((await failureOf(client.account.delete.mutate({ password }))).reason).toBe("TOO_MANY_WRONG_PASSWORDS");
  });

  it("has five tries of its own in the confirmed browser", async () => {
    const { email } = await signUpVerified();
    await guess(email);
    const browser = openBrowser();
    await confirm(await requestLink(email), browser);
    const codes: unknown[] = [];
    for (let tries = 0; tries < 6; tries++) codes.push(await login(email, wrong, browser));
    expect(codes).toEqual([...Array<string>(5).fill("UNAUTHORIZED"), "TOO_MANY_REQUESTS"]);
  });

  it("succeeds in a known browser whose own tries are used up, once the link has confirmed it again", async () => {
    const { email, browser } = await signUpVerified();
    for (let tries = 0; tries < 6; tries++) await login(email, wrong, browser);
    expect(await login(email, password, browser)).toBe("TOO_MANY_REQUESTS");
    await confirm(await requestLink(email), browser);
    expect(await login(email, password, browser)).toBe("none");
  });

  it("succeeds for all users of one browser", async () => {
    const [ada, bob] = [await signUpVerified(), await signUpVerified()];
    await confirm(await requestLink(bob.email), ada.browser);
    for (const { email } of [ada, bob]) {
      await guess(email);
      expect(await login(email, password, ada.browser)).toBe("none");
    }
  });

  it("succeeds for a client that stores its own tokens after a new password by mail", async () => {
    const { email } = await signUpVerified();
    await guess(email);
    const signIn = (secret: string) => anonymousClient().auth.login.mutate({ email, password: secret, tokens: "body" });
    expect(await codeOf(signIn(password))).toBe("TOO_MANY_REQUESTS");
    await anonymousClient().auth.requestPasswordReset.mutate({ email });
    const token = await tokenTo(email, "resetPassword");
    await anonymousClient().auth.resetPassword.mutate({ token, password: "another horse battery" });
    await eventually(async () => expect(await codeOf(signIn("another horse battery"))).toBe("none"));
  });

  it("is still throttled in another browser, and at another address", async () => {
    const [ada, bob] = [await signUpVerified(), await signUpVerified()];
    const browser = openBrowser();
    await confirm(await requestLink(ada.email), browser);
    await guess(bob.email);
    expect(await login(bob.email, password, browser)).toBe("TOO_MANY_REQUESTS");
    await guess(ada.email);
    expect(await login(ada.email, password, openBrowser())).toBe("TOO_MANY_REQUESTS");
  });
});

describe("a link that confirms a device", () => {
  it("confirms exactly one of twenty browsers at once", async () => {
    const { email } = await signUpVerified();
    const token = await requestLink(email);
    const browsers = Array.from({ length: 20 }, () => openBrowser());
    const codes = await Promise.all(browsers.map((browser) => codeOf(confirm(token, browser))));
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    expect(codes.filter((code) => code === "BAD_REQUEST")).toHaveLength(19);
    expect(browsers.filter(({ cookies }) => cookies.has(deviceCookie))).toHaveLength(1);
  });

  it("states when it was used, and does not confirm another browser", async () => {
    const { email } = await signUpVerified();
    const token = await requestLink(email);
    const browser = openBrowser();
    await confirm(token, browser);
    for (const each of [browser, openBrowser()]) {
      expect(await failureOf(confirm(token, each))).toEqual({ code: "BAD_REQUEST", reason: "LINK_USED" });
    }
  });

  it("is mailed again after one was used, for a user whose reply was lost", async () => {
    const { email } = await signUpVerified();
    await confirm(await requestLink(email), openBrowser());
    const browser = openBrowser();
    await confirm(await requestLink(email, 2), browser);
    await guess(email);
    expect(await login(email, password, browser)).toBe("none");
  });

  it.each([
    ["made up", () => Promise.resolve("d.".padEnd(120, "0"))],
    [
      "for a new password",
      async (email: string) => {
        await anonymousClient().auth.requestPasswordReset.mutate({ email });
        return tokenTo(email, "resetPassword");
      },
    ],
    ["to verify the address", (email: string) => tokenTo(email, "verifyEmail")],
    [
      "too old",
      async (email: string) => {
        const token = await requestLink(email);
        vi.setSystemTime(Date.now() + 20 * 60_000 + 1_000);
        return token;
      },
    ],
  ])("is refused when it is %s", async (_name, makeToken) => {
    const { email } = await signUpVerified();
    const browser = openBrowser();
    await expect(confirm(await makeToken(email), browser)).rejects.toMatchObject({ message: invalidLink().message });
    expect(browser.cookies.has(deviceCookie)).toBe(false);
  });

  it("does not reset a password or verify an address", async () => {
    const { email } = await signUpVerified();
    const token = await requestLink(email);
    expect(
      await codeOf(anonymousClient().auth.resetPassword.mutate({ token, password: "another horse battery" })),
    ).toBe("BAD_REQUEST");
    expect(await codeOf(anonymousClient().auth.verifyEmail.mutate({ token }))).toBe("BAD_REQUEST");
    expect(await codeOf(anonymousClient().auth.confirmEmailChange.mutate({ token }))).toBe("BAD_REQUEST");
    expect(await anonymousClient().auth.checkLink.mutate({ token, purpose: "confirmDevice" })).toEqual({ valid: true });
  });

  it("is not consumed where its cookie would be lost: on a page of another site, or over a socket", async () => {
    const { email, browser: signedIn } = await signUpVerified();
    const token = await requestLink(email);
    const foreign = await send("/trpc/auth.confirmDevice", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Origin: "https://app.example.com",
        "Sec-Fetch-Site": "cross-site",
      },
      body: JSON.stringify({ json: { token } }),
    });
    expect(await foreign.text()).toContain("COOKIES_DROPPED");
    const { socket, send: sendFrame, until } = await openSocket(signedIn);
    sendFrame({ id: 1, method: "mutation", params: { path: "auth.confirmDevice", input: { json: { token } } } });
    expect((await until(1))[0]).toMatchObject({ error: { json: { data: { code: "BAD_REQUEST" } } } });
    socket.close();
    const browser = openBrowser();
    await confirm(token, browser);
    expect(browser.cookies.has(deviceCookie)).toBe(true);
  });

  it("redirects to a page of the app, with the token where no server sees it", async () => {
    const { email } = await signUpVerified();
    const token = await requestLink(email);
    const mail = await mailTo(email, "confirmDevice");
    expect(mail.link).toBe(`https://app.example.com/blog/confirm-device#token=${token}`);
    expect(mail.expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(20 * 60_000);
  });

  it("is in the audit log, when it was requested and when it was used", async () => {
    const { client, email } = await signUpVerified();
    await confirm(await requestLink(email), openBrowser());
    const { items: entries } = await client.account.audit.list.query();
    expect(entries.map(({ action }) => action)).toEqual(
      expect.arrayContaining(["device.confirmRequest", "device.confirm"]),
    );
  });
});
