import { describe, expect, it, vi } from "vitest";
import { createClient, type SessionTokens } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

const url = "https://api.example.com/trpc";
const html = { "content-type": "text/html" };

/** Answers that a server in between gives in the place of tRPC. */
const strangers: [name: string, body: string, init: ResponseInit][] = [
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
];

describe.each(strangers)("answered with %s", (_, body, init) => {
  it("fails a call with the status and what to do", async () => {
    const client = createClient<AppRouter>({ url, fetch: () => Promise.resolve(new Response(body, init)) });
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

describe("a fetch of another class", () => {
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
  ])("is read: %s", async (_, respond) => {
    const fetch = () => Promise.resolve(respond() as Response);
    expect(await createClient<AppRouter>({ url, fetch }).ping.query()).toBe("pong");
  });

  it("may return the same response for two calls", async () => {
    const shared = { status: 200, json: () => Promise.resolve(body) } as Response;
    const client = createClient<AppRouter>({ url, fetch: () => Promise.resolve(shared) });
    expect([await client.ping.query(), await client.ping.query()]).toEqual(["pong", "pong"]);
  });
});

it("names CORS and what to check if there is no answer", async () => {
  const fetch = () => Promise.reject(new TypeError("Failed to fetch"));
  const call = createClient<AppRouter>({ url, fetch }).ping.query();
  await expect(call).rejects.toThrow(/could not be reached, or CORS .*`allowedOrigins`/);
});
