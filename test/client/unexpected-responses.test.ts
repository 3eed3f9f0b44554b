import { afterEach, describe, expect, it, vi } from "vitest";
import type { TRPCClientError } from "@trpc/client";
import { createClient, type SessionTokens } from "trpc-userdo/client";
import { canPass, retryDelay } from "../../src/react/retry-policy.js";
import type { AppRouter } from "../fixtures/app/router.js";

afterEach(() => void vi.unstubAllGlobals());

const url = "https://api.example.com/trpc";
const html = { "content-type": "text/html" };

/** Responses of a proxy in place of tRPC's. */
const proxyAnswers: [name: string, body: string, init: ResponseInit][] = [
  ["a gateway's page for 502", "<html>Bad gateway</html>", { status: 502, headers: html }],
  ["a firewall's page for 403", "<!doctype html>", { status: 403, headers: html }],
  ["a sign-in page of a proxy", "<!doctype html>", { status: 200, headers: html }],
  ["a proxy's 401", "<html>", { status: 401, headers: { ...html, "www-authenticate": "Basic" } }],
  ["a text", "upstream connect error", { status: 503, headers: { "content-type": "text/plain" } }],
  ["nothing", "", { status: 504 }],
  ["half a reply", '[{"result":{"da', { status: 200 }],
  ["JSON of its own", '{"message":"Forbidden"}', { status: 403 }],
  ["JSON with an error's name", '{"error":"denied"}', { status: 401 }],
  ["JSON with an error of another form", '{"error":{"code":502,"message":"no"}}', { status: 502 }],
  ["JSON for each call", '[{"message":"denied"}]', { status: 401 }],
  ["null", "null", { status: 200 }],
  ["a number", "1", { status: 200 }],
  ["an empty list", "[]", { status: 200 }],
  ["lists in a list", "[[]]", { status: 200 }],
  ["a result of another protocol", '{"jsonrpc":"2.0","result":"ok"}', { status: 200 }],
  ["a result without data", '{"success":true,"result":{}}', { status: 200 }],
];

describe.each(proxyAnswers)("answered with %s", (_, body, init) => {
  it("fails a call with the status and the fix", async () => {
    const client = createClient<AppRouter>({ url, retries: 0, fetch: () => Promise.resolve(new Response(body, init)) });
    const message = `A proxy answered instead of tRPC (HTTP ${init.status})`;
    await expect(client.auth.me.query()).rejects.toThrow(message);
    await expect(client.posts.create.mutate({ title: "Tea", body: "" })).rejects.toThrow(message);
  });

  it("keeps the tokens and the session", async () => {
    const stored: SessionTokens = {
      accessToken: "a",
      accessExpiresAt: Date.now() + 600_000,
      refreshToken: "r",
      refreshExpiresAt: Date.now() + 600_000,
    };
    const set = vi.fn<(tokens: SessionTokens | undefined) => void>();
    const onSignInChange = vi.fn<() => void>();
    const client = createClient<AppRouter>({
      url,
      retries: 0,
      tokens: { get: () => stored, set },
      onSignInChange,
      fetch: () => Promise.resolve(new Response(body, init)),
    });
    await expect(client.auth.me.query()).rejects.toThrow("answered instead of tRPC");
    await expect(client.auth.logout.mutate()).rejects.toThrow("answered instead of tRPC");
    expect(set).not.toHaveBeenCalled();
    expect(onSignInChange).not.toHaveBeenCalled();
  });
});

describe("a refresh", () => {
  /** The error of a call with an expired access token, if the refresh gets this response. */
  async function failedRefresh(respond: () => Response): Promise<TRPCClientError<AppRouter>> {
    const stored = { accessToken: "a", accessExpiresAt: 0, refreshToken: "r", refreshExpiresAt: Date.now() + 600_000 };
    const set = vi.fn<() => void>();
    const client = createClient<AppRouter>({
      url,
      retries: 0,
      tokens: { get: () => stored, set },
      fetch: () => Promise.resolve(respond()),
    });
    const error: unknown = await client.auth.me.query().catch((cause: unknown) => cause);
    expect(set).not.toHaveBeenCalled();
    return error as TRPCClientError<AppRouter>;
  }

  it.each(proxyAnswers)("answered with %s reports that a proxy answered", async (_, body, init) => {
    const error = await failedRefresh(() => new Response(body, init));
    expect(error.message).toContain(`A proxy answered instead of tRPC (HTTP ${init.status})`);
    expect(canPass(error)).toBe(![401, 403].includes(init.status ?? 0));
  });

  it("reports that its answer was lost", async () => {
    const cut = { ok: true, status: 200, json: () => Promise.reject(new TypeError("terminated")) };
    expect((await failedRefresh(() => cut as unknown as Response)).message).toContain("The connection was lost.");
  });

  it.each([
    ["by the server", '{"error":{"json":{"code":-32029,"data":{"code":"TOO_MANY_REQUESTS","httpStatus":429}}}}', "7"],
    ["by a gateway", "<html>", "7"],
    ["by a gateway, until a date", "<html>", new Date(Date.now() + 3_600_000).toUTCString()],
  ])("that is limited %s is sent again when it may be", async (_, body, wait) => {
    const error = await failedRefresh(() => new Response(body, { status: 429, headers: { "retry-after": wait } }));
    expect(canPass(error)).toBe(true);
    expect(retryDelay(0, error)).toBeGreaterThan(5_000);
  });

  it("that the server rejects for good is not sent again", async () => {
    const body = '{"error":{"json":{"code":-32600,"data":{"code":"BAD_REQUEST","httpStatus":400}}}}';
    expect(canPass(await failedRefresh(() => new Response(body, { status: 400 })))).toBe(false);
  });
});

describe("the response of a custom fetch class", () => {
  const body = [{ result: { data: { json: "pong" } } }];

  it.each([
    ["a plain object", () => ({ json: () => Promise.resolve(body) })],
    ["a frozen one", () => Object.freeze({ status: 200, json: () => Promise.resolve(body) })],
    [
      "a class of its own",
      () =>
        new (class ExpoResponse {
          readonly #body = body;
          readonly status = 200;
          json() {
            return Promise.resolve(this.#body);
          }
        })(),
    ],
  ])("can be read: %s", async (_, respond) => {
    const fetch = () => Promise.resolve(respond() as Response);
    expect(await createClient<AppRouter>({ url, retries: 0, fetch }).ping.query()).toBe("pong");
  });

  it("may be the same object for two calls", async () => {
    const shared = { status: 200, json: () => Promise.resolve(body) } as Response;
    const client = createClient<AppRouter>({ url, retries: 0, fetch: () => Promise.resolve(shared) });
    expect([await client.ping.query(), await client.ping.query()]).toEqual(["pong", "pong"]);
  });
});

describe("an error names the cause", () => {
  const failed = (fetch: () => Promise<Response>, address = url) =>
    createClient<AppRouter>({ url: address, retries: 0, fetch })
      .ping.query()
      .catch((error: unknown) => error);

  /** A response of which only the first part arrives. */
  const cut = (cause: Error): Response =>
    ({ ok: true, status: 200, json: () => Promise.reject(cause) }) satisfies Partial<Response> as Response;

  it.each([
    ["Node", new TypeError("terminated")],
    ["Chromium", new TypeError("network error")],
    ["Safari", new TypeError("Load failed")],
    ["workerd", new Error("Network connection lost.")],
  ])("when the connection is lost in the middle of an answer: %s", async (_, cause) => {
    const error = await failed(() => Promise.resolve(cut(cause)));
    expect(error).toMatchObject({ message: expect.stringContaining("The connection was lost.") as string });
    expect((error as Error).message).toContain("may have been saved");
  });

  it("when a proxy answers, with the error of node-fetch", async () => {
    const invalid = Object.assign(new Error("invalid json response body"), {
      name: "FetchError",
      type: "invalid-json",
    });
    const error = await failed(() => Promise.resolve(cut(invalid)));
    expect(error).toMatchObject({ message: expect.stringContaining("A proxy answered") as string });
  });

  it.each(["AbortError", "TimeoutError"])("when the app ended the request: %s", async (name) => {
    const cause = new DOMException("The request was ended.", name);
    for (const fetch of [() => Promise.reject(cause), () => Promise.resolve(cut(cause))]) {
      expect(await failed(fetch)).toMatchObject({ message: cause.message });
    }
  });

  it("when the network is lost: a request that was sent before may have arrived", async () => {
    const network = { onLine: true };
    vi.stubGlobal("navigator", network);
    const lose = () => {
      network.onLine = false;
      return Promise.reject(new TypeError("Failed to fetch"));
    };
    expect(await failed(lose)).toMatchObject({ message: expect.stringContaining("may have been saved") as string });
    expect(await failed(lose)).toMatchObject({ message: "There is no network, so this was not sent." });
  });

  it.each(["/trpc", "trpc", "localhost:8787/trpc", "//api.example.com/trpc"])(
    "when the URL is not absolute on a server: %s",
    async (address) => {
      const error = await failed(() => Promise.reject(new TypeError("Invalid URL")), address);
      expect(error).toMatchObject({ message: expect.stringContaining("Pass an absolute `url`") as string });
    },
  );
});

describe("an error names CORS only where the browser can have blocked the answer", () => {
  const unreachable = async (address: string): Promise<string> => {
    const fetch = () => Promise.reject(new TypeError("Failed to fetch"));
    const error = await createClient<AppRouter>({ url: address, retries: 0, fetch })
      .ping.query()
      .catch((cause: Error) => cause);
    return (error as Error).message;
  };
  const page = (href: string): void => void vi.stubGlobal("location", new URL(href));

  it.each([
    ["another site", "https://app.example.com/tasks", url],
    ["another port", "http://localhost:5173/", "http://localhost:51733/trpc"],
    ["another scheme", "http://api.example.com/", url],
    ["a URL without a scheme", "https://app.example.com/", "//api.example.com/trpc"],
    ["a file", "file:///tmp/page.html", url],
  ])("%s", async (_, href, address) => {
    page(href);
    expect(await unreachable(address)).toMatch(/could not be reached, or CORS .*`allowedOrigins`/);
  });

  it.each([
    ["a path of the page's own origin", "https://app.example.com/tasks", "/trpc"],
    ["a relative path", "https://app.example.com/tasks", "trpc"],
    ["the page's own origin", "https://api.example.com/tasks", url],
    ["a path in a frame without a URL", "about:srcdoc", "/trpc"],
  ])("does not for %s", async (_, href, address) => {
    page(href);
    expect(await unreachable(address)).toBe("The server could not be reached. Your change may have been saved.");
  });

  it("does not in a runtime without pages", async () => {
    expect(await unreachable(url)).toBe("The server could not be reached. Your change may have been saved.");
  });
});
