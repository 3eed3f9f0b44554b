import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openSharedBrowser, runTasks, wait, type SharedBrowser } from "./interleavings/shared-browser.js";

// Loads the chunks that the client loads on demand: from here on, loading them takes no real time.
beforeAll(async () => {
  await Promise.all([import("../../src/client/client-tokens.js"), import("../../src/client/owner-socket.js")]);
  await import("../../src/client/cursor-encoder.js");
});
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Waits for a request of the browser. */
async function request(browser: SharedBrowser) {
  for (let round = 0; browser.requests.length === 0 && round < 50; round++) await wait(5);
  const [first] = browser.requests;
  if (!first) throw new Error("No request was sent.");
  return first;
}

/** The users as whom the server ran calls. */
async function usersOf(browser: SharedBrowser): Promise<string[]> {
  await browser.finish();
  expect(browser.problems()).toEqual([]);
  return browser.server.acts.map(({ user }) => user);
}

describe.each([0, 10])("a client with a token store (%i ms) that gets another user's tokens", (storeDelay) => {
  const signedIn = { startsSignedIn: true, storeDelay, tabs: 1 };

  it("does not send its first call as that user", async () => {
    const browser = await openSharedBrowser({ ...signedIn, storeDelay: 0 });
    browser.tabs[0]?.write();
    browser.store.replace(browser.server.signIn("b"));
    expect(await usersOf(browser)).toEqual([]);
    browser.tabs[0]?.write();
    expect(await usersOf(browser)).toEqual(["b"]);
  });

  it("does not send a later call as that user, and reports the change", async () => {
    const browser = await openSharedBrowser(signedIn);
    browser.tabs[0]?.write();
    expect(await usersOf(browser)).toEqual(["a"]);
    browser.store.replace(browser.server.signIn("b"));
    browser.tabs[0]?.write();
    expect(await usersOf(browser)).toEqual(["a"]);
    expect(browser.tabs[0]?.changes).toEqual(["signedIn"]);
    expect(await browser.users()).toEqual(["b"]);
  });

  it("does not send a call anonymously when the tokens are missing", async () => {
    const browser = await openSharedBrowser(signedIn);
    browser.tabs[0]?.readPublic();
    expect(await usersOf(browser)).toEqual(["a"]);
    browser.store.replace(undefined);
    browser.tabs[0]?.readPublic();
    expect(await usersOf(browser)).toEqual(["a"]);
    expect(browser.tabs[0]?.changes).toEqual(["signedOut"]);
  });

  it("continues with other tokens of the same user", async () => {
    const browser = await openSharedBrowser(signedIn);
    browser.tabs[0]?.write();
    await usersOf(browser);
    browser.store.replace(browser.server.signIn("a"));
    browser.tabs[0]?.write();
    expect(await usersOf(browser)).toEqual(["a", "a"]);
    expect(browser.tabs[0]?.changes).toEqual([]);
  });

  it.each(["signOut", "changePassword"] as const)(
    "keeps those tokens when the answer to its own %s arrives late",
    async (name) => {
      const browser = await openSharedBrowser(signedIn);
      browser.tabs[0]?.[name]();
      const sent = await request(browser);
      browser.store.replace(browser.server.signIn("b"));
      sent.reply("granted");
      await browser.finish();
      expect(browser.store.user()).toBe("b");
      expect(browser.tabs[0]?.changes).toEqual(["signedIn"]);
    },
  );

  it("keeps those tokens when the server reports that its own session has ended", async () => {
    const browser = await openSharedBrowser(signedIn);
    const stored = browser.store.stored();
    const check = browser.tabs[0]?.check();
    const sent = await request(browser);
    if (stored) browser.server.endSession(stored.refreshToken);
    browser.store.replace(browser.server.signIn("b"));
    sent.reply("granted");
    for (let round = 0; round < 5; round++) await browser.finish();
    await check;
    expect(browser.store.user()).toBe("b");
    expect(browser.tabs[0]?.changes).toEqual(["signedIn"]);
  });

  it("opens no socket as that user for the previous user", async () => {
    const browser = await openSharedBrowser(signedIn);
    browser.tabs[0]?.subscribe();
    for (let round = 0; round < 5; round++) await browser.finish();
    browser.store.replace(browser.server.signIn("b"));
    for (const socket of browser.liveSockets()) socket.lose();
    for (let round = 0; round < 20; round++) await browser.finish();
    expect(browser.problems()).toEqual([]);
    expect(browser.tabs[0]?.changes).toEqual(["signedIn"]);
  });
});

describe("the tabs of a browser", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it("detect a sign-in in another tab without making a call", async () => {
    vi.stubGlobal("window", globalThis);
    const browser = await openSharedBrowser({ startsSignedIn: true, storeDelay: 0, tabs: 2 });
    const [one, two] = browser.tabs;
    two?.write();
    expect(await usersOf(browser)).toEqual(["a"]);
    one?.signIn("b");
    await browser.finish();
    for (let round = 0; two?.changes.length === 0 && round < 1_000; round++) await runTasks();
    expect(two?.changes).toEqual(["signedIn"]);
    one?.signIn("b");
    await browser.finish();
    await runTasks(100);
    expect(two?.changes).toEqual(["signedIn"]);
  });
});

describe("a client that signs in while its store is slow", () => {
  it("aborts a call that starts before the new tokens are stored", async () => {
    const browser = await openSharedBrowser({ startsSignedIn: true, storeDelay: 100, tabs: 1 });
    browser.tabs[0]?.signIn("b");
    (await request(browser)).reply("granted");
    await runTasks();
    browser.tabs[0]?.write();
    expect(await usersOf(browser)).toEqual([]);
    expect(browser.store.user()).toBe("b");
  });
});

describe("a sign-out with a token that needs a refresh", () => {
  it("does not report the end of the session when the refresh is lost", async () => {
    const browser = await openSharedBrowser({ startsSignedIn: true, storeDelay: 0, tabs: 1 });
    browser.server.expireAccess();
    browser.tabs[0]?.signOut();
    (await request(browser)).reply("granted");
    (await request(browser)).reply("lost");
    await browser.finish();
    expect(browser.tabs[0]?.changes).toEqual([]);
    expect(await browser.users()).toEqual(["a"]);
  });
});
