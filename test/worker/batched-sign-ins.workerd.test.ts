import superjson from "superjson";
import { expect, it } from "vitest";
import { openBrowser, password, signUp, type Browser } from "../fixtures/browser.js";
import { whoIsSignedIn } from "../fixtures/who-is-signed-in.js";

interface BatchedCall {
  readonly path: string;
  readonly input?: unknown;
}

/** Sends several mutations in one request. */
async function sendBatch(browser: Browser, calls: readonly BatchedCall[]): Promise<void> {
  const body = Object.fromEntries(calls.map(({ input }, index) => [index, superjson.serialize(input)]));
  await browser.fetch(`/trpc/${calls.map(({ path }) => path).join(",")}?batch=1`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

const write = { path: "posts.create", input: { title: "A post", body: "" } };

/** A browser whose session another device has revoked. */
async function withEndedSession(): Promise<Browser> {
  const { browser, email } = await signUp();
  const other = openBrowser().client();
  await other.auth.login.mutate({ email, password });
  await other.sessions.revokeOthers.mutate();
  return browser;
}

it.each([
  ["before", true],
  ["after", false],
])("keeps a sign-in whose batch has a call of a revoked session %s it", async (_place, isFirst) => {
  const browser = await withEndedSession();
  const { client, email, user } = await signUp();
  const signIn = { path: "auth.login", input: { email, password } };
  await sendBatch(browser, isFirst ? [write, signIn] : [signIn, write]);
  expect(await whoIsSignedIn(browser)).toBe(user.id);
  expect(await client.posts.list.query()).toEqual([]);
});

it("runs a write beside a sign-in as the user who sent it", async () => {
  const [before, after] = [await signUp(), await signUp()];
  await sendBatch(before.browser, [{ path: "auth.login", input: { email: after.email, password } }, write]);
  expect(await whoIsSignedIn(before.browser)).toBe(after.user.id);
  expect(await after.client.posts.list.query()).toEqual([]);
});

it("signs out by a batch that ends with a sign-out", async () => {
  const [before, after] = [await signUp(), await signUp()];
  await sendBatch(before.browser, [
    { path: "auth.login", input: { email: after.email, password } },
    { path: "auth.logout" },
  ]);
  expect(await whoIsSignedIn(before.browser)).not.toBe(before.user.id);
});
