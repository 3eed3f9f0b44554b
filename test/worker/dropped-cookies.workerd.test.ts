import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createHandler, errorReason, type CookieOptions } from "trpc-userdo/worker";
import { appRouter } from "../fixtures/app/router.js";
import { freshEmail, password } from "../fixtures/browser.js";
import { codeOf } from "../fixtures/error-code.js";
import { links, openPage } from "../fixtures/page.js";

const front = "https://blog.pages.dev";
const api = "https://blog.example.workers.dev";
const lan = "http://192.168.1.20:8787";
const localPage = "http://localhost:5173";
const allowedOrigins = [front, localPage, "https://app.example.com"];

const lax: CookieOptions = {};
const none: CookieOptions = { sameSite: "none" };
const partitioned: CookieOptions = { sameSite: "none", partitioned: true };

const call = (site: string) => ({ "sec-fetch-site": site, "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" });
const crossSite = { origin: front, ...call("cross-site") };
const noThirdParty = { ...crossSite, "sec-fetch-storage-access": "none" };
const embedded = { origin: api, ...call("same-origin"), "sec-fetch-storage-access": "none" };
const submit = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

let warned: string[];

beforeEach(() => {
  warned = [];
  vi.spyOn(console, "warn").mockImplementation((line: string) => void warned.push(line));
});

afterEach(() => void vi.restoreAllMocks());

const open = (address: string, headers: Record<string, string>, cookies: CookieOptions = lax) =>
  openPage({
    handler: createHandler(appRouter, { binding: "BLOG_DO", allowedOrigins, cookies }),
    api: address,
    headers,
  });

describe("a sign-in, if the browser would drop its cookies,", () => {
  it.each([
    ["over http from another machine", lan, { origin: lan }, lax, "over https or on localhost"],
    ["over http from 0.0.0.0", "http://0.0.0.0:8787", { origin: "http://0.0.0.0:8787" }, lax, "over https"],
    ["over http from a name in the network", "http://box.local", { origin: "http://box.local" }, lax, "over https"],
    ["over http from [::]", "http://[::]:8787", { origin: "http://[::]:8787" }, lax, "over https"],
    ["over http, with cookies for other sites", lan, { origin: lan }, none, "over https"],
    ["over http, with partitioned cookies", lan, { origin: lan }, partitioned, "over https"],
    ["over http from a page on localhost", lan, { origin: localPage }, lax, "over https"],
    ["of another site", api, crossSite, lax, 'sameSite: "none", partitioned: true'],
    [
      "of localhost for 127.0.0.1",
      "http://127.0.0.1:8787",
      { origin: localPage, ...call("cross-site") },
      lax,
      "are two",
    ],
    ["in a page that another site embeds", api, embedded, lax, "embeds"],
    ["in an embedded page of the same site", api, { ...embedded, origin: front, ...call("same-site") }, lax, "embeds"],
    ["in an embedded page, unpartitioned", api, embedded, none, "partitioned: true"],
    ["without third-party cookies", api, noThirdParty, none, "partitioned: true"],
    ["without active access to them", api, { ...noThirdParty, "sec-fetch-storage-access": "inactive" }, none, "true"],
  ])("%s is rejected with the fix, and creates nothing", async (_what, address, headers, cookies, fix) => {
    const page = open(address, headers, cookies);
    const email = freshEmail();
    for (const link of Object.keys(links) as (keyof typeof links)[]) {
      const client = page.client(link);
      const refusal = client.auth.signup.mutate({ email, password });
      await expect(refusal).rejects.toThrow(fix);
      expect(await codeOf(refusal)).toBe("PRECONDITION_FAILED");
      expect(errorReason(await refusal.catch((error: unknown) => error))).toBe("COOKIES_DROPPED");
      expect(await codeOf(client.auth.login.mutate({ email, password }))).toBe("PRECONDITION_FAILED");
    }
    for (const { headers: reply } of page.replies) expect(reply.getSetCookie()).toEqual([]);
    expect(page.replies[0]?.headers.get("access-control-allow-origin")).toBe(
      headers.origin === new URL(address).origin ? null : headers.origin,
    );
    expect(warned).toEqual([expect.stringContaining(fix)]);
    expect(warned[0]).not.toContain(email);

    // The address is free: no account was created.
    const elsewhere = open(api, { origin: api, ...call("same-origin") });
    expect(await codeOf(elsewhere.client().auth.signup.mutate({ email, password }))).toBe("none");
  });

  it("is rejected alone: other calls of the batch are answered", async () => {
    const client = open(api, crossSite).client();
    const [signedIn, ping] = await Promise.allSettled([
      client.auth.login.mutate({ email: freshEmail(), password }),
      client.auth.requestPasswordReset.mutate({ email: freshEmail() }),
    ]);
    expect([signedIn.status, ping.status]).toEqual(["rejected", "fulfilled"]);
  });

  it("may request its tokens in the body", async () => {
    for (const [address, headers] of [
      [api, crossSite],
      [api, embedded],
      [lan, { origin: lan }],
    ] as const) {
      const { client, replies } = open(address, headers);
      const answer = await client().auth.signup.mutate({ email: freshEmail(), password, tokens: "body" });
      expect(answer.tokens?.accessToken).toBeTypeOf("string");
      expect(replies[0]?.headers.getSetCookie()).toEqual([]);
    }
    expect(warned).toEqual([]);
  });

  it("is logged once for each cause, however often it happens", async () => {
    const handler = createHandler(appRouter, { binding: "BLOG_DO", allowedOrigins });
    for (const headers of [crossSite, embedded, crossSite, embedded]) {
      const client = openPage({ handler, api, headers }).client();
      await Promise.all(
        Array.from({ length: 20 }, () => codeOf(client.auth.login.mutate({ email: freshEmail(), password }))),
      );
    }
    expect(warned).toHaveLength(2);
    for (const line of warned) expect(line).toMatch(/^\[trpc-userdo\] A sign-in was refused\. /);
  });
});

describe("a sign-in, if the browser may keep its cookies,", () => {
  it.each([
    ["over https", api, { origin: api, ...call("same-origin") }, lax],
    ["over https in a browser without Sec-Fetch headers", api, { origin: api }, lax],
    ["of the same site", api, { origin: "https://app.example.com", ...call("same-site") }, lax],
    ["of another site, in a browser without Sec-Fetch headers", api, { origin: front }, lax],
    ["on localhost", "http://localhost:8787", { origin: "http://localhost:8787", ...call("same-origin") }, lax],
    [
      "on 127.0.0.1 in a browser without Sec-Fetch headers",
      "http://127.0.0.1:8787",
      { origin: "http://127.0.0.1:8787" },
      lax,
    ],
    ["behind a proxy that ends https", lan, { origin: lan, ...call("same-origin") }, lax],
    ["behind a proxy, of an https page", lan, { origin: "https://app.example.com" }, lax],
    ["of another site, with cookies for it", api, crossSite, none],
    ["of another site that the user trusts", api, { ...noThirdParty, "sec-fetch-storage-access": "active" }, none],
    ["of another site, with partitioned cookies", api, noThirdParty, partitioned],
    ["in an embedded page, with partitioned cookies", api, embedded, partitioned],
  ] as const)("%s works", async (_what, address, headers, cookies) => {
    const page = open(address, headers, cookies);
    const email = freshEmail();
    await page.client().auth.signup.mutate({ email, password });
    await page.client().auth.login.mutate({ email, password });
    expect(page.cookies.size).toBeGreaterThanOrEqual(4);
    expect(warned).toEqual([]);
  });
});

it("accepts a sign-in over plain http from a client that is not a browser", async () => {
  const { client } = open(lan, {});
  expect(await codeOf(client().auth.signup.mutate({ email: freshEmail(), password }))).toBe("none");
});

describe("a form's sign-in", () => {
  async function post(page: ReturnType<typeof open>, fields: Record<string, string>) {
    const response = await page.fetch("/trpc/form/signup", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ email: freshEmail(), password, ...fields }).toString(),
      redirect: "manual",
    });
    return { location: response.headers.get("location"), cookies: response.headers.getSetCookie().length };
  }
  const fromFront = { origin: front, ...submit, "sec-fetch-site": "cross-site" };
  const expectedFailure = (page: string) => ({
    location: `${page}?error=PRECONDITION_FAILED&reason=COOKIES_DROPPED`,
    cookies: 0,
  });

  it("over plain http redirects back with the code", async () => {
    expect(await post(open(lan, { origin: lan }), { back: "/login" })).toEqual(expectedFailure(`${lan}/login`));
    expect(warned).toEqual([expect.stringContaining("over https")]);
  });

  it("in a frame of another site redirects back with the code", async () => {
    const headers = { ...fromFront, "sec-fetch-dest": "iframe" };
    expect(await post(open(api, headers), { back: "/login" })).toEqual(expectedFailure(`${api}/login`));
  });

  it("that redirects to a page of another site is rejected, unless its requests send the cookies", async () => {
    const fields = { next: `${front}/inbox`, back: `${front}/login` };
    expect(await post(open(api, fromFront), fields)).toEqual(expectedFailure(`${front}/login`));
    expect(await post(open(api, fromFront, partitioned), fields)).toEqual(expectedFailure(`${front}/login`));
    expect(warned).toEqual([
      expect.stringContaining("instead of a form"),
      expect.stringContaining("instead of a form"),
    ]);
    expect(await post(open(api, fromFront, none), fields)).toEqual({ location: `${front}/inbox`, cookies: 4 });
  });

  it("that redirects to the API's own site works, wherever the form is", async () => {
    for (const cookies of [lax, none, partitioned]) {
      expect(await post(open(api, fromFront, cookies), { next: "/inbox" })).toEqual({
        location: `${api}/inbox`,
        cookies: 4,
      });
    }
    expect(warned).toEqual([]);
  });
});
