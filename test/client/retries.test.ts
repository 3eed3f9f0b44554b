import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { QueryClient } from "@tanstack/query-core";
import { createTRPCClient } from "@trpc/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createClient, userdoLink, type RetryStatus, type UserDOLinkOptions } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";
import { startRecordingServer, type RecordedReply } from "../fixtures/recording-server.js";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const post = { title: "Tea", body: "" };
const ok = { result: "ok" } as const;
const reset = { error: { code: "SERVICE_UNAVAILABLE", httpStatus: 503, reason: "OBJECT_RESET" } } as const;
const overloaded = { error: { code: "TOO_MANY_REQUESTS", httpStatus: 429, reason: "OBJECT_OVERLOADED" } } as const;

// Without pauses between the attempts.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A client of a server that gives these replies in turn, and the last one from then on. */
async function connect(replies: readonly RecordedReply[], options: UserDOLinkOptions = {}) {
  const server = await startRecordingServer((_, arrived) => replies[Math.min(arrived, replies.length) - 1]!);
  return { ...server, client: createClient<AppRouter>({ url: server.url, ...options }) };
}

const settled = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe("the idempotency key", () => {
  it("is a new UUID for each mutation of a batch", async () => {
    const { client, keys, requests } = await connect([ok]);
    await Promise.all([client.posts.create.mutate(post), client.posts.create.mutate(post)]);
    expect(requests()).toBe(1);
    expect(keys()).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid)]);
    expect(keys()[0]).not.toBe(keys()[1]);
  });

  it("is sent beside an input that is undefined, and beside superjson's metadata", async () => {
    const { client, calls } = await connect([ok]);
    await client.auth.logout.mutate();
    await client.posts.create.mutate({ ...post, due: new Date(0) } as never);
    expect(calls.map(({ envelope }) => Object.keys(envelope ?? {}).sort())).toEqual([
      ["idempotencyKey", "json", "meta"],
      ["idempotencyKey", "json", "meta"],
    ]);
  });

  it("is not sent with queries, nor with mutations that begin a session", async () => {
    const { client, keys } = await connect([ok]);
    const account = { email: "a@example.com", password: "correct horse battery" };
    await client.posts.list.query();
    await client.auth.signup.mutate(account);
    await client.auth.login.mutate(account, { context: { idempotencyKey: "own" } });
    await client.auth.changePassword.mutate({ currentPassword: account.password, newPassword: "another one" } as never);
    expect(keys()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("stays the same when the reply was lost", async () => {
    const { client, keys } = await connect(["lost", "lost", ok]);
    expect(await client.posts.create.mutate(post)).toBe("ok");
    expect(keys()).toHaveLength(3);
    expect(new Set(keys()).size).toBe(1);
  });

  it("is marked when the mutation was sent before", async () => {
    const { client, calls } = await connect(["lost", reset, ok]);
    await client.posts.create.mutate(post);
    expect(calls.map(({ envelope }) => envelope?.isRetry)).toEqual([undefined, true, true]);
  });

  it("can be set by the context of a call", async () => {
    const { client, keys, url } = await connect(["lost", ok]);
    await client.posts.create.mutate(post, { context: { idempotencyKey: "order-1" } });
    const own = createTRPCClient<AppRouter>({ links: [userdoLink({ url })] });
    await own.posts.create.mutate(post, { context: { idempotencyKey: "order-2" } });
    expect(keys()).toEqual(["order-1", "order-1", "order-2"]);
  });

  it("can be set through the options of TanStack Query", async () => {
    const { client, keys } = await connect([ok]);
    const queryClient = new QueryClient();
    const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient: queryClient as never });
    const options = trpc.posts.create.mutationOptions({ trpc: { context: { idempotencyKey: "order-3" } } });
    await options.mutationFn?.(post as never, {} as never);
    expect(keys()).toEqual(["order-3"]);
  });

  it("stays the same when the access token was rejected and renewed", async () => {
    const times = { accessExpiresAt: Date.now() + 600_000, refreshExpiresAt: Date.now() + 600_000 };
    let tokens = { accessToken: "old", refreshToken: "ada.s.1.r", ...times };
    const server = await startRecordingServer(({ path }, arrived) => {
      if (path === "auth.refresh") return { result: { tokens: { ...tokens, accessToken: "new" } } };
      const challenge = 'Bearer error="invalid_token"';
      return arrived === 1 ? { error: { code: "UNAUTHORIZED", httpStatus: 401, challenge } } : ok;
    });
    const store = { get: () => tokens, set: (next: typeof tokens | undefined) => void (tokens = next ?? tokens) };
    // A batch of one is an array, and a refresh is not a batch.
    const unwrap = async (url: unknown, init?: object) => {
      const response = await fetch(String(url), init as RequestInit);
      if (!String(url).includes("auth.refresh")) return response;
      return new Response(JSON.stringify(((await response.json()) as unknown[])[0]), { status: response.status });
    };
    const client = createClient<AppRouter>({ url: server.url, tokens: store, fetch: unwrap });
    expect(await client.posts.create.mutate(post)).toBe("ok");
    expect(server.calls.map(({ path }) => path)).toEqual(["posts.create", "auth.refresh", "posts.create"]);
    const [first, refresh, second] = server.keys();
    expect(first).toMatch(uuid);
    expect(refresh).toBeUndefined();
    expect(second).toBe(first);
  });

  it("does not need `randomUUID`, which a page over plain http does not have", async () => {
    vi.stubGlobal("crypto", undefined);
    const { client, keys } = await connect([ok]);
    await client.posts.create.mutate(post);
    expect(keys()).toEqual([expect.stringMatching(/^[!-~]{1,255}$/)]);
  });
});

const temporary: [name: string, reply: RecordedReply][] = [
  ["a lost connection", "lost"],
  ["an object that was reset", reset],
  ["an object that is overloaded", overloaded],
  ["a proxy's 502", { status: 502 }],
  ["a proxy's 503", { status: 503 }],
  ["a proxy's 504", { status: 504 }],
  ["a gateway error of a procedure", { error: { code: "BAD_GATEWAY", httpStatus: 502 } }],
];

const permanent: [name: string, reply: RecordedReply][] = [
  ["BAD_REQUEST", { error: { code: "BAD_REQUEST", httpStatus: 400 } }],
  ["CONFLICT", { error: { code: "CONFLICT", httpStatus: 409, reason: "OUTCOME_UNKNOWN" } }],
  ["a limit of requests", { error: { code: "TOO_MANY_REQUESTS", httpStatus: 429 } }],
  ["an internal error", { error: { code: "INTERNAL_SERVER_ERROR", httpStatus: 500 } }],
  ["a proxy's 403", { status: 403 }],
  ["a proxy's 500", { status: 500 }],
];

it("reports the error of the attempt before, if the server refuses to run a mutation again", async () => {
  const refused = { error: { code: "CONFLICT", httpStatus: 409, reason: "NOT_REPEATABLE" } } as const;
  const lost = await connect(["lost", refused, ok]);
  const error = await settled(lost.client.posts.create.mutate(post));
  expect((error as Error).message).toBe("The server could not be reached. Your change may have been saved.");
  expect(lost.calls).toHaveLength(2);
  const restarted = await connect([reset, refused, ok]);
  expect(await settled(restarted.client.posts.create.mutate(post))).toMatchObject({ data: reset.error });
});

describe.each(temporary)("after %s", (_, reply) => {
  it("sends a query and a mutation again, up to four times", async () => {
    const passing = await connect([reply, reply, reply, reply, ok]);
    expect(await passing.client.posts.create.mutate(post)).toBe("ok");
    const failing = await connect([reply]);
    expect(await settled(failing.client.posts.list.query())).toBeInstanceOf(Error);
    expect(await settled(failing.client.posts.create.mutate(post))).toBeInstanceOf(Error);
    expect(failing.calls.map(({ type }) => type).join()).toBe(`${"query,".repeat(5)}${"mutation,".repeat(4)}mutation`);
  });

  it("does not send a sign-in again, nor any call with `retries: 0`", async () => {
    const { client, calls, url } = await connect([reply]);
    await settled(client.auth.login.mutate({ email: "a@example.com", password: "correct horse battery" }));
    await settled(createClient<AppRouter>({ url, retries: 0 }).posts.create.mutate(post));
    expect(calls.map(({ path }) => path)).toEqual(["auth.login", "posts.create"]);
  });
});

it.each(permanent)("does not send a call again after %s", async (_, reply) => {
  const { client, calls } = await connect([reply]);
  await settled(client.posts.list.query());
  await settled(client.posts.create.mutate(post));
  expect(calls).toHaveLength(2);
});

it("sends only the calls of a batch again that failed", async () => {
  const server = await startRecordingServer(({ path }, arrived) => (path === "ping" && arrived < 3 ? reset : ok));
  const client = createClient<AppRouter>({ url: server.url });
  expect(await Promise.all([client.ping.query(), client.posts.list.query()])).toEqual(["ok", "ok"]);
  expect(server.calls.map(({ path }) => path)).toEqual(["ping", "posts.list", "ping"]);
});

describe("Retry-After", () => {
  it.each([
    ["of an error", { error: { ...reset.error, retryAfter: 3 } }],
    ["of a proxy", { status: 503, headers: { "retry-after": "3" } }],
  ] as const)("%s is how long the client waits at least", async (_, reply) => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    const { client } = await connect([reply]);
    const ended = new AbortController();
    const call = settled(client.posts.list.query(undefined, { signal: ended.signal }));
    await expect.poll(() => timers.mock.calls.map(([, delay]) => delay)).toContain(3_000);
    ended.abort();
    await call;
  });

  it("of more than 30 seconds ends the call", async () => {
    const { client, calls } = await connect([{ error: { ...overloaded.error, retryAfter: 31 } }]);
    expect(await settled(client.posts.create.mutate(post))).toMatchObject({ data: { retryAfter: 31 } });
    expect(calls).toHaveLength(1);
  });
});

describe("the signal of a call", () => {
  it("ends a call that waits for its next attempt", async () => {
    vi.mocked(Math.random).mockReturnValue(1);
    const statuses: number[] = [];
    const { client, calls } = await connect([reset], { onRetryStatus: ({ calls: count }) => statuses.push(count) });
    const ended = new AbortController();
    const call = settled(client.posts.create.mutate(post, { signal: ended.signal }));
    await expect.poll(() => statuses).toEqual([1]);
    ended.abort();
    expect(await call).toMatchObject({ name: "TRPCClientError", cause: { name: "AbortError" } });
    expect(statuses).toEqual([1, 0]);
    expect(calls).toHaveLength(1);
  });

  it("that is aborted during an attempt is not followed by another one", async () => {
    const ended = new AbortController();
    const server = await startRecordingServer(() => {
      ended.abort();
      return "lost";
    });
    const client = createClient<AppRouter>({ url: server.url });
    expect(await settled(client.posts.list.query(undefined, { signal: ended.signal }))).toBeInstanceOf(Error);
    expect(server.calls).toHaveLength(1);
  });
});

describe("without a network", () => {
  it("a call fails at once", async () => {
    const { client, calls } = await connect([ok], { fetch: () => Promise.reject(new TypeError("Failed to fetch")) });
    vi.stubGlobal("navigator", { onLine: false });
    expect(await settled(client.posts.create.mutate(post))).toMatchObject({
      message: "There is no network, so this was not sent.",
    });
    expect(calls).toEqual([]);
  });

  it("a call that may have arrived ends with the error of its first attempt", async () => {
    const { client, calls, url } = await connect(["lost"], {
      async fetch(target, init) {
        vi.stubGlobal("navigator", { onLine: false });
        return fetch(target as string, init as RequestInit);
      },
    });
    expect(url).toContain("/trpc");
    const error = await settled(client.posts.create.mutate(post));
    expect(error).toMatchObject({ message: expect.stringContaining("may have been saved") as string });
    expect(calls).toHaveLength(1);
  });

  it("a call that was sent before waits for the network as long as its attempts last", async () => {
    const statuses: number[] = [];
    const { client, calls } = await connect(["lost", ok], {
      onRetryStatus({ calls: count }) {
        statuses.push(count);
        vi.stubGlobal("navigator", { onLine: statuses.length > 2 });
      },
    });
    expect(await client.posts.create.mutate(post)).toBe("ok");
    expect(calls).toHaveLength(2);
    expect(statuses).toEqual([1, 1, 1, 0]);
  });
});

it("reports the number of calls that it sends again, and the last error", async () => {
  const statuses: RetryStatus[] = [];
  const { client } = await connect([reset, "lost", ok], { onRetryStatus: (status) => void statuses.push(status) });
  await client.posts.list.query();
  expect(statuses.map(({ calls }) => calls)).toEqual([1, 1, 0]);
  expect(statuses[0]?.error).toMatchObject({ data: { reason: "OBJECT_RESET" } });
  expect(statuses[1]?.error?.message).toContain("could not be reached");
  expect(statuses[2]?.error).toBeUndefined();
});
