import { describe, expect, it } from "vitest";
import { freshEmail, openBrowser, origin, password, signUp, type Browser } from "../fixtures/browser.js";
import { codeOfCall } from "../fixtures/transports.js";
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import type { AppRouter } from "../fixtures/app/router.js";

const links = { single: httpLink, batch: httpBatchLink, "batch-stream": httpBatchStreamLink };
type LinkName = keyof typeof links;
const linkNames = Object.keys(links) as LinkName[];

interface PageOptions {
  /** @default "batch" */
  readonly link?: LinkName;
  /** The user for whom the page makes its calls. */
  readonly user?: string;
  readonly onReply?: (response: Response) => void;
}

/** A client of a page. */
function clientIn(browser: Browser, { link = "batch", user, onReply }: PageOptions = {}) {
  async function fetch(url: RequestInfo | URL, init?: object): Promise<Response> {
    const response = await browser.fetch(String(url), init);
    onReply?.(response);
    return response;
  }
  const headers = user === undefined ? {} : { "userdo-user": user };
  const options = { url: `${origin}/trpc`, transformer: superjson, headers, fetch };
  return createTRPCClient<AppRouter>({ links: [links[link](options)] });
}

const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

async function signIn(browser: Browser, email: string): Promise<void> {
  await browser.client().auth.login.mutate({ email, password });
}

/** A page of Ada, in a browser in which Bob has signed in since. */
async function replaced() {
  const ada = await signUp();
  const bob = await signUp();
  await signIn(ada.browser, bob.email);
  return { ada, bob, browser: ada.browser };
}

describe.each(linkNames)("a mutation that a page sent for another user (%s)", (name) => {
  it("is rejected, changes nothing and sets no cookies", async () => {
    const { ada, bob, browser } = await replaced();
    const before = new Map(browser.cookies);
    const error = await errorOf(
      clientIn(browser, { user: ada.user.id, link: name }).posts.create.mutate({ title: "A", body: "" }),
    );
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(error).toMatchObject({ data: { code: "UNAUTHORIZED", reason: "SESSION_CHANGED" } });
    expect(browser.cookies).toEqual(before);
    expect(await bob.client.posts.list.query()).toEqual([]);
    expect(await browser.client().posts.list.query()).toEqual([]);
  });

  it("does not sign the new user out", async () => {
    const { ada, bob, browser } = await replaced();
    expect(await codeOfCall(clientIn(browser, { user: ada.user.id, link: name }).auth.logout.mutate())).toBe(
      "UNAUTHORIZED",
    );
    expect((await browser.client().auth.me.query()).user.id).toBe(bob.user.id);
  });

  it("works for its own user, and without a named user", async () => {
    const { browser, user } = await signUp();
    await clientIn(browser, { user: user.id, link: name }).posts.create.mutate({ title: "A", body: "" });
    expect(await browser.client().posts.list.query()).toHaveLength(1);
    const other = openBrowser();
    const email = freshEmail();
    await clientIn(other, { user: "anonymous", link: name }).auth.signup.mutate({ email, password });
    expect((await other.client().auth.me.query()).user.email).toBe(email);
  });
});

describe("a request that names another user", () => {
  it("is rejected when the page was signed out meanwhile, and the error reveals nothing about another user", async () => {
    const { browser, user } = await signUp();
    await browser.client().auth.logout.mutate();
    const error = await errorOf(clientIn(browser, { user: user.id }).posts.create.mutate({ title: "A", body: "" }));
    expect(error).toMatchObject({ data: { code: "UNAUTHORIZED" } });
    expect(error).not.toMatchObject({ data: { reason: "SESSION_CHANGED" } });
  });

  it("is rejected when a signed-out page sends it and a user has signed in", async () => {
    const { browser } = await signUp();
    const error = await errorOf(clientIn(browser, { user: "anonymous" }).posts.create.mutate({ title: "A", body: "" }));
    expect(error).toMatchObject({ data: { reason: "SESSION_CHANGED" } });
    expect(await browser.client().posts.list.query()).toEqual([]);
  });

  it.each(["", "x", "a, b", "anonymous,anonymous"])("is rejected when the name is %j", async (name) => {
    const { browser } = await signUp();
    expect(await codeOfCall(clientIn(browser, { user: name }).posts.create.mutate({ title: "A", body: "" }))).toBe(
      "UNAUTHORIZED",
    );
  });

  it("opens no socket", async () => {
    const { ada, bob, browser } = await replaced();
    const upgrade = (user: string) => browser.fetch(`/trpc?user=${user}`, { headers: { Upgrade: "websocket" } });
    const refused = await upgrade(ada.user.id);
    expect(refused.status).toBe(401);
    expect(await refused.text()).toContain("SESSION_CHANGED");
    const opened = await upgrade(bob.user.id);
    expect(opened.status).toBe(101);
    opened.webSocket?.accept();
    opened.webSocket?.close();
  });
});

describe("a reply", () => {
  it.each(linkNames)("names the user that the browser is signed in as after it (%s)", async (name) => {
    const named: (string | null)[] = [];
    const client = clientIn(openBrowser(), {
      link: name,
      onReply: (response) => named.push(response.headers.get("userdo-user")),
    });
    const { user } = await client.auth.signup.mutate({ email: freshEmail(), password });
    await client.posts.list.query();
    await client.auth.logout.mutate();
    await codeOfCall(client.auth.me.query());
    expect(named).toEqual([user.id, user.id, "anonymous", "anonymous"]);
  });

  it("names no user to a client with its own token", async () => {
    const { browser } = await signUp();
    const response = await browser.fetch("/trpc/auth.me", { headers: { Authorization: "Bearer invalid" } });
    expect(response.headers.get("userdo-user")).toBeNull();
  });
});
