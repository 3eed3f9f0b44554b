import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openSlowTab, password, sessionCookies, signUp, type Browser } from "../fixtures/browser.js";
import { overForm, overHttp, codeOfCall } from "../fixtures/transports.js";
import { whoIsSignedIn } from "../fixtures/who-is-signed-in.js";
import { moveClock } from "../fixtures/move-clock.js";

const MINUTE = 60_000;
const links = ["single", "batch", "batch-stream"] as const;

interface Person {
  readonly browser: Browser;
  readonly email: string;
  readonly user: { readonly id: string };
}

let ada: Person;
let bob: Person;

beforeEach(async () => {
  ada = await signUp();
  bob = await signUp();
});

afterEach(() => void vi.useRealTimers());

function signIn(browser: Browser, { email }: Person): Promise<unknown> {
  return browser.client().auth.login.mutate({ email, password });
}

describe.each(links)("a reply that arrives after another user signed in (%s)", (link) => {
  it("does not restore the previous session by its refresh", async () => {
    const { browser } = ada;
    moveClock(16 * MINUTE);
    const slow = openSlowTab(browser);
    await overHttp(slow, link).query("auth.me");
    await signIn(browser, bob);
    slow.arrive();
    expect(await whoIsSignedIn(browser)).toBe(bob.user.id);
  });

  it("does not sign the new user out when the previous session had ended", async () => {
    const { browser } = ada;
    const elsewhere = openSlowTab({ cookies: new Map() });
    await signIn(elsewhere, ada);
    elsewhere.arrive();
    await elsewhere.client().sessions.revokeOthers.mutate();
    const slow = openSlowTab(browser);
    expect(await codeOfCall(overHttp(slow, link).query("auth.me"))).toBe("UNAUTHORIZED");
    await signIn(browser, bob);
    slow.arrive();
    expect(await whoIsSignedIn(browser)).toBe(bob.user.id);
  });

  it("does not sign the new user out by the sign-out of the previous one", async () => {
    const { browser } = ada;
    const slow = openSlowTab(browser);
    await overHttp(slow, link).mutate("auth.logout");
    await signIn(browser, bob);
    slow.arrive();
    expect(await whoIsSignedIn(browser)).toBe(bob.user.id);
  });

  it("does not sign in the replaced user after the new one signed out", async () => {
    const { browser } = ada;
    moveClock(16 * MINUTE);
    const slow = openSlowTab(browser);
    await overHttp(slow, link).query("auth.me");
    await signIn(browser, bob);
    await overHttp(browser, link).mutate("auth.logout");
    slow.arrive();
    expect(await whoIsSignedIn(browser)).toBe("nobody");
  });
});

describe("a late reply", () => {
  it("to a refresh does not undo a sign-out by form", async () => {
    const { browser } = ada;
    moveClock(16 * MINUTE);
    const slow = openSlowTab(browser);
    await overHttp(slow, "batch").query("auth.me");
    await overForm(browser).mutate("auth.logout");
    slow.arrive();
    expect(await whoIsSignedIn(browser)).toBe("nobody");
    expect(sessionCookies(browser)).toEqual([]);
  });
});
