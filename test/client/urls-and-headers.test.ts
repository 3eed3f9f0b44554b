import { createTRPCClient, httpBatchLink } from "@trpc/client";
import superjson from "superjson";
import { beforeAll, describe, expect, it } from "vitest";
import { WebSocket as NodeWebSocket } from "ws";
import { createClient, type SessionTokens, type UserDOLinkOptions } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";
import { app } from "../fixtures/served-app.js";

type Headers = NonNullable<UserDOLinkOptions["headers"]>;

let tokens: SessionTokens;

beforeAll(async () => {
  const store = { get: () => undefined, set: (next: SessionTokens | undefined) => void (tokens = next!) };
  const client = createClient<AppRouter>({ url: `${app.origin}/trpc`, tokens: store });
  await client.auth.signup.mutate({ email: `${crypto.randomUUID()}@example.com`, password: "correct horse battery" });
}, 60_000);

/** A client of the user, with these settings. Its access token has expired if `isExpired`. */
function open(path: string, headers: Headers, isExpired = false) {
  let storedTokens: SessionTokens | undefined = { ...tokens, ...(isExpired && { accessExpiresAt: 0 }) };
  return createClient<AppRouter>({
    url: app.origin + path,
    headers,
    WebSocket: NodeWebSocket,
    tokens: {
      get: () => storedTokens,
      set(next) {
        storedTokens = next;
        if (next) tokens = next;
      },
    },
  });
}

const settings: [name: string, path: string, headers: Headers][] = [
  ["a URL with a slash at its end", "/trpc/", {}],
  ["a URL with a query", "/trpc?version=1", {}],
  ["a URL with both", "/trpc/?version=1&x=/", {}],
  ["the content type in another spelling", "/trpc", { "Content-Type": "application/json" }],
  ["pairs of headers", "/trpc", [["CONTENT-TYPE", "application/json"]]],
  ["a Headers object", "/trpc", new Headers({ "content-type": "application/json", traceparent: "00-1-2-01" })],
  ["a gateway's password", "/trpc", { authorization: "Basic YTpi" }],
  ["headers that are not set", "/trpc", { authorization: undefined, "x-tenant": undefined }],
  ["a function", "/trpc", () => Promise.resolve({ AUTHORIZATION: "Basic YTpi", "Content-type": "application/json" })],
];

describe.each(settings)("with %s", (_, path, headers) => {
  it("calls, and refreshes the tokens", async () => {
    const client = open(path, headers);
    expect((await client.auth.me.query()).user.id).toEqual(expect.any(String));
    await client.posts.create.mutate({ title: "Tea", body: "" });
    expect((await open(path, headers, true).auth.me.query()).user.id).toEqual(expect.any(String));
  });

  it("opens a socket", async () => {
    const client = open(path, headers);
    await new Promise<void>((resolve, reject) => {
      const { unsubscribe } = client.kv.watch.subscribe(
        { prefix: "a" },
        {
          onStarted() {
            unsubscribe();
            resolve();
          },
          onError: reject,
        },
      );
    });
  });
});

it("accepts a stock link that spells the content type differently", async () => {
  const link = httpBatchLink({
    url: `${app.origin}/trpc`,
    transformer: superjson,
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${tokens.accessToken}` },
  });
  const client = createTRPCClient<AppRouter>({ links: [link] });
  await expect(client.posts.create.mutate({ title: "Tea", body: "" })).resolves.toMatchObject({ title: "Tea" });
});
