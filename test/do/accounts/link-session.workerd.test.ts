import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCaller } from "../../../src/worker/create-caller.js";
import { errorReason } from "../../../src/shared/error-reason.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, openBrowser, password, signUp, type Browser } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { tokenTo } from "../../fixtures/mail.js";
import { signUpVerified } from "../../fixtures/organizations.js";
import { overHttp, overSocket, codeOfCall } from "../../fixtures/transports.js";

const MINUTE = 60_000;

type Person = Awaited<ReturnType<typeof signUp>>;
type Client = Person["client"];

afterEach(() => void vi.useRealTimers());

interface Link {
  readonly path: string;
  /** Mails the link to an address that is not yet verified for the account. */
  readonly send: (account: Person) => Promise<string>;
  readonly use: (client: Client, token: string) => Promise<unknown>;
  readonly isUsed: (account: Person) => Promise<boolean>;
}

const userOf = ({ user }: Person) => createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: user.id }).account.get();

const links: Readonly<Record<string, Link>> = {
  "that verifies an address": {
    path: "auth.verifyEmail",
    send: ({ email }) => tokenTo(email, "verifyEmail"),
    use: (client, token) => client.auth.verifyEmail.mutate({ token }),
    isUsed: async (account) => (await userOf(account)).emailVerified,
  },
  "to a new address": {
    path: "auth.confirmEmailChange",
    async send({ client, email }) {
      await client.auth.changeEmail.mutate({ email: `new-${email}`, password });
      return tokenTo(`new-${email}`, "changeEmail");
    },
    use: (client, token) => client.auth.confirmEmailChange.mutate({ token }),
    isUsed: async (account) => (await userOf(account)).email !== account.email,
  },
};

async function signInElsewhere({ email }: Person): Promise<Browser> {
  const browser = openBrowser();
  await browser.client().auth.login.mutate({ email, password });
  return browser;
}

/** Expects that a link is refused without a session, changes nothing, and stays valid. */
async function expectAsked(link: Link, account: Person, client: Client, code: string): Promise<void> {
  const token = await link.send(account);
  const error: unknown = await link.use(client, token).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ data: { code } });
  expect(errorReason(error)).toBe("LINK_NEEDS_SESSION");
  expect(await link.isUsed(account)).toBe(false);
  expect(await codeOf(link.use((await signInElsewhere(account)).client(), token))).toBe("none");
  expect(await link.isUsed(account)).toBe(true);
}

describe.each(Object.entries(links))("a link %s", (_name, link) => {
  it("requires a sign-in when nobody is signed in, and works afterwards", async () => {
    await expectAsked(link, await signUp(), openBrowser().client(), "UNAUTHORIZED");
  });

  it("does not work for a user who is signed in to another account", async () => {
    await expectAsked(link, await signUp(), (await signUpVerified()).client, "FORBIDDEN");
  });

  it("requires a sign-in again when the session has ended", async () => {
    const account = await signUp();
    const browser = await signInElsewhere(account);
    const cookies = new Map(browser.cookies);
    await browser.client().auth.logout.mutate();
    for (const [name, value] of cookies) browser.cookies.set(name, value);
    await expectAsked(link, account, browser.client(), "UNAUTHORIZED");
  });

  it("works on another device where the account is signed in", async () => {
    const account = await signUp();
    const token = await link.send(account);
    await link.use((await signInElsewhere(account)).client(), token);
    expect(await link.isUsed(account)).toBe(true);
  });

  it("works with an expired access token, which is renewed", async () => {
    const account = await signUp();
    const token = await link.send(account);
    const before = account.browser.cookies.get("__Host-userdo-access");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * MINUTE });
    await link.use(account.client, token);
    expect(await link.isUsed(account)).toBe(true);
    expect(account.browser.cookies.get("__Host-userdo-access")).not.toBe(before);
  });

  it("works over every transport, for its account only", async () => {
    const [account, other] = [await signUp(), await signUp()];
    const token = await link.send(account);
    const transportsOf = async ({ browser }: Person) => [
      overHttp(browser, "single"),
      overHttp(browser, "batch-stream"),
      await overSocket(browser),
    ];
    for (const transport of await transportsOf(other))
      expect(await codeOfCall(transport.mutate(link.path, { token }))).not.toBe("none");
    expect(await link.isUsed(account)).toBe(false);
    for (const transport of await transportsOf(account))
      expect(await codeOfCall(transport.mutate(link.path, { token }))).toBe("none");
    expect(await link.isUsed(account)).toBe(true);
  });

  it("does not work for the app itself, nor for a server caller of another user", async () => {
    const [account, other] = [await signUp(), await signUp()];
    const token = await link.send(account);
    const caller = createCaller<AppRouter>(env.BLOG_DO);
    for (const router of [caller.asSystem(), caller.asUser({ userId: other.user.id })]) {
      const call = link.path === "auth.verifyEmail" ? router.auth.verifyEmail : router.auth.confirmEmailChange;
      expect(await codeOf(call({ token }))).not.toBe("none");
    }
    expect(await link.isUsed(account)).toBe(false);
  });

  it("is refused before a sign-in is required when it is not valid", async () => {
    const account = await signUp();
    const token = await link.send(account);
    await account.client.account.delete.mutate({ password });
    expect(await codeOf(link.use(openBrowser().client(), token))).toBe("BAD_REQUEST");
  });
});

it("does not verify a stranger's account when the owner of the address opens the link", async () => {
  const victim = openBrowser();
  const email = freshEmail();
  const stranger = await signUp(email);
  const token = await tokenTo(email, "verifyEmail");
  expect(await codeOf(victim.client().auth.verifyEmail.mutate({ token }))).toBe("UNAUTHORIZED");
  expect((await stranger.client.auth.me.query()).user.emailVerified).toBe(false);
});
