import { afterEach, describe, expect, it, vi } from "vitest";
import { eventually } from "../fixtures/eventually.js";
import { createClient, onSignInChange, type SessionTokens } from "trpc-userdo/client";
import type { AppRouter } from "../fixtures/app/router.js";

afterEach(() => void vi.unstubAllGlobals());

const UNAUTHORIZED = { data: { code: "UNAUTHORIZED", reason: "SESSION_CHANGED" } };

interface Sent {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly headers: Record<string, string>;
  readonly isAborted: () => boolean;
  reply(data: unknown): void;
  reject(challenge?: boolean): void;
  respond(response: Response): void;
}

/** Tokens in the server's format: user, session, generation, MAC. */
function tokensOf(user: string, { generation = 0, isStale = false } = {}): SessionTokens {
  return {
    accessToken: `access-${user}-${generation}`,
    accessExpiresAt: isStale ? 0 : Date.now() + 3_600_000,
    refreshToken: `${user}.session-${user}.${generation}.mac`,
    refreshExpiresAt: Date.now() + 7_200_000,
  };
}

/** A client whose requests stay open until the test replies to them. */
function open(stored?: SessionTokens | "cookies", plain = false) {
  const sent: Sent[] = [];
  const store: { tokens: SessionTokens | undefined } = { tokens: stored === "cookies" ? undefined : stored };
  const changes: string[] = [];
  const client = createClient<AppRouter>({
    url: "http://localhost/trpc",
    headers: { "x-app": "1" },
    fetch: (input, init) =>
      new Promise<Response>((resolve, reject) => {
        const url = new URL(String(input));
        const headers = init?.headers as Record<string, string>;
        const isBatch = url.searchParams.has("batch");
        const paths = url.pathname.replace("/trpc/", "").split(",");
        const signal = init?.signal;
        signal?.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError")));
        const respond = (each: unknown, init?: ResponseInit): void => {
          const response = Response.json(isBatch ? paths.map(() => each) : each, init);
          // Some platforms' responses are not instances of the global class.
          const copy = { ok: response.ok, status: response.status, headers: response.headers };
          resolve(plain ? ({ ...copy, json: () => response.json() } as Response) : response);
        };
        sent.push({
          path: paths.join(","),
          authorization: headers["authorization"],
          headers,
          isAborted: () => signal?.aborted ?? false,
          respond: resolve,
          reply: (data) => respond({ result: { data: { json: data } } }),
          reject: (challenge = true) =>
            respond(
              { error: { json: { message: "No.", code: -32_001, data: { code: "UNAUTHORIZED", httpStatus: 401 } } } },
              { status: 401, ...(challenge && { headers: { "www-authenticate": 'Bearer error="invalid_token"' } }) },
            ),
        });
      }),
    ...(stored !== "cookies" && {
      tokens: {
        get: () => store.tokens,
        set: async (tokens: SessionTokens | undefined) => {
          await Promise.resolve();
          store.tokens = tokens;
        },
      },
    }),
  });
  onSignInChange(client, (change) => changes.push(change));

  /** The next open request of a path. */
  const request = (path: string, count = 1): Promise<Sent> =>
    eventually(() => {
      const found = sent.filter((each) => each.path === path)[count - 1];
      if (!found) throw new Error(`${path} was not sent.`);
      return found;
    });
  const startLogin = (user: string) =>
    client.auth.login.mutate({ email: `${user}@example.com`, password: "correct horse battery" });
  async function signIn(user: string): Promise<void> {
    const count = sent.filter(({ path }) => path === "auth.login").length;
    const login = startLogin(user);
    (await request("auth.login", count + 1)).reply({ user: { id: user }, tokens: tokensOf(user) });
    await login;
  }
  return { client, sent, store, changes, request, startLogin, signIn };
}

const settled = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const idle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("a client with tokens, when another user signs in", () => {
  it.each(["granted", "refused"])("ignores a late refresh of the previous session that is %s", async (outcome) => {
    const { client, sent, store, changes, request, signIn } = open(tokensOf("a", { isStale: true }));
    const call = settled(client.posts.list.query());
    const refresh = await request("auth.refresh");
    await signIn("b");
    expect(await call).toMatchObject(UNAUTHORIZED);
    const write = client.posts.create.mutate({ title: "B", body: "" });
    const created = await request("posts.create");
    expect(created.authorization).toBe("Bearer access-b-0");
    created.reply({});
    await write;
    if (outcome === "granted") refresh.reply({ tokens: tokensOf("a", { generation: 1 }) });
    else refresh.reject();
    await idle();
    expect(store.tokens?.accessToken).toBe("access-b-0");
    expect(changes).toEqual(["signedIn"]);
    expect(sent.some(({ path }) => path === "posts.list")).toBe(false);
  });

  it("never repeats a rejected call of the previous session", async () => {
    const { client, sent, request, signIn } = open(tokensOf("a"));
    const call = settled(client.posts.create.mutate({ title: "A", body: "" }));
    const created = await request("posts.create");
    await signIn("b");
    created.reject();
    expect(await call).toMatchObject(UNAUTHORIZED);
    await idle();
    expect(sent.filter(({ path }) => path === "posts.create")).toHaveLength(1);
  });

  it("does not repeat a call when another process has stored another user's tokens", async () => {
    const { client, sent, store, request } = open(tokensOf("a"));
    const call = settled(client.posts.create.mutate({ title: "A", body: "" }));
    const created = await request("posts.create");
    store.tokens = tokensOf("b");
    created.reject();
    expect(await call).toMatchObject(UNAUTHORIZED);
    expect(sent.filter(({ path }) => path === "posts.create")).toHaveLength(1);
    expect(store.tokens.accessToken).toBe("access-b-0");
  });

  it.each(["granted", "refused"])("keeps another process's tokens when its own refresh is %s", async (outcome) => {
    const { client, store, changes, request } = open(tokensOf("a", { isStale: true }));
    const call = settled(client.posts.list.query());
    const refresh = await request("auth.refresh");
    store.tokens = tokensOf("b");
    if (outcome === "granted") refresh.reply({ tokens: tokensOf("a", { generation: 1 }) });
    else refresh.reject();
    expect(await call).toMatchObject(UNAUTHORIZED);
    expect(store.tokens.accessToken).toBe("access-b-0");
    expect(changes).toEqual(["signedIn"]);
  });

  it("never sends a call of the previous session in a batch of the next one", async () => {
    const { client, sent, request, startLogin } = open(tokensOf("a"));
    const login = startLogin("b");
    const reply = await request("auth.login");
    reply.reply({ user: { id: "b" }, tokens: tokensOf("b") });
    const before = settled(client.posts.create.mutate({ title: "A", body: "" }));
    await login;
    const after = client.auth.me.query();
    (await request("auth.me")).reply({ user: { id: "b" } });
    await after;
    expect(await before).toMatchObject(UNAUTHORIZED);
    expect(sent.filter(({ path }) => path.includes("posts.create")).map((each) => each.authorization)).not.toContain(
      "Bearer access-b-0",
    );
  });

  it("keeps the tokens of the sign-in that started last", async () => {
    const { store, changes, request, startLogin } = open();
    const first = settled(startLogin("a"));
    const firstReply = await request("auth.login");
    const second = startLogin("b");
    const secondReply = await request("auth.login", 2);
    secondReply.reply({ user: { id: "b" }, tokens: tokensOf("b") });
    await second;
    firstReply.reply({ user: { id: "a" }, tokens: tokensOf("a") });
    expect(await first).toMatchObject(UNAUTHORIZED);
    await idle();
    expect(store.tokens?.accessToken).toBe("access-b-0");
    expect(changes).toEqual(["signedIn"]);
  });

  it("stays signed out when a refresh ends after the sign-out", async () => {
    const stored = tokensOf("a");
    const { client, store, changes, request } = open(stored);
    const logout = client.auth.logout.mutate();
    const loggedOut = await request("auth.logout");
    store.tokens = { ...stored, accessExpiresAt: 0 };
    const call = settled(client.posts.list.query());
    const refresh = await request("auth.refresh");
    loggedOut.reply(null);
    await logout;
    refresh.reply({ tokens: tokensOf("a", { generation: 1 }) });
    expect(await call).toMatchObject(UNAUTHORIZED);
    await idle();
    expect(store.tokens).toBeUndefined();
    expect(changes).toEqual(["signedOut"]);
  });
});

describe("a refresh", () => {
  it("signs out when a rejected refresh has ended the session before the reply", async () => {
    const { client, request, store, changes } = open(tokensOf("ada"));
    const signOut = client.auth.logout.mutate();
    const logout = await request("auth.logout");
    const list = client.posts.list.query();
    list.catch(() => {});
    (await request("posts.list")).reject();
    (await request("auth.refresh")).reject();
    await eventually(() => expect(changes).toEqual(["signedOut"]));
    logout.reply(null);
    await signOut;
    expect(store.tokens).toBeUndefined();
    await expect(list).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
  });

  it("sends the client's own headers", async () => {
    const { client, request } = open(tokensOf("a", { isStale: true }));
    void settled(client.posts.list.query());
    expect((await request("auth.refresh")).headers["x-app"]).toBe("1");
  });

  it.each(["text", "JSON"])("keeps the tokens when a gateway answers 401 with its own %s", async (kind) => {
    const { client, store, changes, request } = open(tokensOf("a", { isStale: true }));
    const call = settled(client.posts.list.query());
    const init = { status: 401 };
    const response = kind === "text" ? new Response("Denied", init) : Response.json({ error: "denied" }, init);
    (await request("auth.refresh")).respond(response);
    expect(await call).toBeInstanceOf(Error);
    expect(store.tokens?.accessToken).toBe("access-a-0");
    expect(changes).toEqual([]);
  });

  it("handles a rejected token on a platform with its own response class", async () => {
    const { client, request } = open(tokensOf("a"), true);
    const call = client.posts.list.query();
    (await request("posts.list")).reject();
    (await request("auth.refresh")).reply({ tokens: tokensOf("a", { generation: 1 }) });
    const again = await request("posts.list", 2);
    expect(again.authorization).toBe("Bearer access-a-1");
    again.reply([]);
    expect(await call).toEqual([]);
  });
});

describe("a client with cookies", () => {
  it("aborts the calls of the previous session when another user signs in", async () => {
    const { client, changes, request, signIn } = open("cookies");
    const call = settled(client.posts.list.query());
    const list = await request("posts.list");
    await signIn("b");
    expect(list.isAborted()).toBe(true);
    expect(await call).toMatchObject(UNAUTHORIZED);
    await idle();
    expect(changes).toEqual(["signedIn"]);
  });

  it("does not abort calls when the same user changes the password", async () => {
    const { client, request } = open("cookies");
    const call = client.posts.list.query();
    const list = await request("posts.list");
    const change = client.auth.changePassword.mutate({ currentPassword: "one", newPassword: "two" });
    (await request("auth.changePassword")).reply({});
    await change;
    list.reply([]);
    expect(await call).toEqual([]);
  });

  it("aborts the calls of the previous session when another tab signs in", async () => {
    vi.stubGlobal("window", globalThis);
    const { client, changes, request } = open("cookies");
    const call = settled(client.posts.list.query());
    const list = await request("posts.list");
    const tab = new BroadcastChannel("trpc-userdo:http://localhost/trpc");
    tab.postMessage("signedIn");
    expect(await call).toMatchObject(UNAUTHORIZED);
    expect(list.isAborted()).toBe(true);
    expect(changes).toEqual(["signedIn"]);
    tab.close();
  });
});
