import {
  abortAllDurableObjects,
  createExecutionContext,
  evictDurableObject,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createCaller, createLoadSession, errorReason, watchQuery } from "trpc-userdo/worker";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { platformRetriesReads } from "../../src/shared/platform-retries.js";
import { plan, ran, reports, resetsHandler, secret, type ResetsRouter } from "../fixtures/app/resets.js";
import { freshEmail, openBrowser, origin, password, type Browser } from "../fixtures/browser.js";
import { moveClock } from "../fixtures/move-clock.js";
import { openSocket, upgrade } from "../fixtures/socket.js";
import { overHttp, overSocket } from "../fixtures/transports.js";

let browser: Browser;
let userId: string;

const signUpToResets = async () => {
  const opened = openBrowser();
  const { user } = await opened.client("batch", "/resets").auth.signup.mutate({ email: freshEmail(), password });
  return { browser: opened, userId: user.id };
};

beforeEach(async () => {
  ({ browser, userId } = await signUpToResets());
  ran.length = 0;
  reports.length = 0;
  Object.assign(plan, { calls: 0, starts: 0 });
});

afterEach(() => void vi.useRealTimers());

const object = (id = userId) => env.RESETS_DO.getByName(`user:${id}`);

/** Lets the object sleep, and resets it the next times it starts. */
async function resetAtStart(times: number, id = userId): Promise<void> {
  // An alarm would start the object before the test does.
  await runInDurableObject(object(id), (_instance, { storage }) => storage.deleteAlarm());
  await evictDurableObject(object(id), { webSockets: "close" });
  Object.assign(plan, { starts: times, userId: id });
}

interface Failed {
  readonly code?: string;
  readonly message?: string;
  readonly retryAfter?: number;
  readonly data?: FailedData;
  readonly shape?: { readonly data: FailedData };
}

interface FailedData {
  readonly code: string;
  readonly retryAfter?: number;
}

/** The error of a call, as clients and server callers see it. */
async function failureOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    (value) => ({ value }),
    (cause: unknown) => cause,
  );
  const { code, data, shape, message, retryAfter } = error as Failed;
  expect(message ?? "").not.toContain(secret);
  const sent = data ?? shape?.data;
  return [sent?.code ?? code, errorReason(error), sent?.retryAfter ?? retryAfter];
}

const reset = ["SERVICE_UNAVAILABLE", "OBJECT_RESET", 1];
const isReset = { reason: "OBJECT_RESET", error: expect.objectContaining({ message: secret }) };
const links = ["single", "batch", "batch-stream"] as const;

it("runs in a runtime that repeats reads", () => {
  expect(platformRetriesReads).toBe(true);
});

describe.each(links)("a reset of the object during a call (%s)", (link) => {
  const call = () => overHttp(browser, link, "/resets");

  it("is not noticed by a query, which is sent once again", async () => {
    plan.calls = 1;
    expect(await call().query("read")).toBe("read");
    expect(ran).toEqual(["read", "read"]);
    expect(reports).toEqual([]);
  });

  it("fails a query with its reason after the second time, and is reported once", async () => {
    plan.calls = 2;
    expect(await failureOf(call().query("read"))).toEqual(reset);
    expect(ran).toEqual(["read", "read"]);
    expect(reports).toEqual([expect.objectContaining({ path: "read", type: "query", ...isReset })]);
    expect(await call().query("read")).toBe("read");
  });

  it("fails a mutation with its reason, and the mutation is not sent again", async () => {
    plan.calls = 1;
    expect(await failureOf(call().mutate("write"))).toEqual(reset);
    expect(ran).toEqual(["write"]);
    expect(reports).toEqual([expect.objectContaining({ path: "write", type: "mutation", ...isReset })]);
  });

  it("of another object fails the call with its reason", async () => {
    const { userId: id } = await signUpToResets();
    for (const path of ["inObject.stub", "inObject.caller", "inWorker.stub", "inWorker.caller"]) {
      reports.length = 0;
      plan.calls = 1;
      expect(await failureOf(call().query(path, { userId: id }))).toEqual(reset);
      expect(reports).toHaveLength(1);
      expect(reports).toMatchObject([{ path, reason: "OBJECT_RESET" }]);
    }
  });
});

describe("a response after a reset", () => {
  it("has the status 503 and the header Retry-After", async () => {
    plan.calls = 1;
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    const response = await browser.fetch("/resets/write", init);
    expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "1"]);
    const { error } = (await response.json()) as { error: { json: { data: object } } };
    expect(error.json.data).toMatchObject({ reason: "OBJECT_RESET", retryAfter: 1, httpStatus: 503 });
    expect(reports).toMatchObject([{ requestId: (error.json.data as { requestId: string }).requestId }]);
  });

  it("has the results of its batch that did not need the object", async () => {
    plan.calls = 2;
    const response = await browser.fetch("/resets/read,here,quick?batch=1&input=%7B%7D");
    const replies = (await response.json()) as { error?: { json: { data: { reason: string } } } }[];
    expect(replies.map(({ error }) => error?.json.data.reason)).toEqual(["OBJECT_RESET", undefined, "OBJECT_RESET"]);
    expect([response.status, response.headers.get("Retry-After")]).toEqual([207, "1"]);
  });
});

describe("an error of a library that calls itself retryable", () => {
  it("is an unexpected error as any other", async () => {
    expect(await failureOf(overHttp(browser, "batch", "/resets").query("libraryError"))).toEqual([
      "INTERNAL_SERVER_ERROR",
      undefined,
      undefined,
    ]);
    expect(reports).toHaveLength(1);
    expect(reports[0]).not.toHaveProperty("reason");
  });
});

describe("a reset before a stream has started", () => {
  it("fails a streamed query of a batch with its reason", async () => {
    const items = (await overHttp(browser, "batch-stream", "/resets").query("items")) as AsyncIterable<unknown>;
    plan.calls = 1;
    const read = async () => {
      for await (const item of items) ran.push(String(item));
    };
    await expect(read()).rejects.toMatchObject({ data: { code: "SERVICE_UNAVAILABLE" } });
  });

  it("fails an event stream with its reason", async () => {
    await resetAtStart(1);
    const response = await browser.fetch("/resets/steps", { headers: { accept: "text/event-stream" } });
    const text = await response.text();
    expect(text).toContain("OBJECT_RESET");
    expect(text).not.toContain(secret);
    expect(reports).toMatchObject([{ path: "steps", ...isReset }]);
  });

  it("fails the stream of a server caller with its reason", async () => {
    const caller = createCaller<ResetsRouter>(env.RESETS_DO).asUser({ userId });
    const items = (await caller.items()) as AsyncGenerator<unknown>;
    await resetAtStart(1);
    expect(await failureOf(items.next())).toEqual(reset);
  });
});

describe("a reset while a stream is open", () => {
  const abort = () => abortAllDurableObjects();

  it("ends an event stream with its reason", async () => {
    const response = await browser.fetch("/resets/endless", { headers: { accept: "text/event-stream" } });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("one")) text += (await reader.read()).value ?? "";
    await abort();
    while (!text.includes("OBJECT_RESET")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(text);
      text += value;
    }
    await reader.cancel();
  });

  it("ends the stream of a server caller, and a watched query, with its reason", async () => {
    const caller = createCaller<ResetsRouter>(env.RESETS_DO).asUser({ userId });
    const events = (await caller.endless()) as AsyncGenerator<unknown>;
    const results = watchQuery(caller.quick);
    expect([(await events.next()).value, (await results.next()).value]).toEqual(["one", "quick"]);
    const pending = [events.next(), results.next()].map((next) => failureOf(next));
    await abort();
    expect(await Promise.all(pending)).toEqual([reset, reset]);
  });
});

describe("a reset while a socket opens", () => {
  it("refuses the upgrade with its reason, and the next one succeeds", async () => {
    await resetAtStart(1);
    const response = await upgrade(browser, {}, "/resets");
    expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(await response.text()).toContain("OBJECT_RESET");
    expect(reports).toMatchObject([{ path: "(request)", ...isReset }]);
    (await openSocket(browser, "/resets")).socket.close();
  });
});

describe("a reset while an expired session is renewed", () => {
  it("fails the request with its reason and keeps the cookies", async () => {
    moveClock(16 * 60_000);
    const before = new Map(browser.cookies);
    await resetAtStart(1);
    expect(await failureOf(overHttp(browser, "batch", "/resets").query("quick"))).toEqual(reset);
    expect(browser.cookies).toEqual(before);
    expect(await overHttp(browser, "batch", "/resets").query("quick")).toBe("quick");
  });
});

describe("a reset of another object during a call over a socket", () => {
  it.each(["inObject.stub", "inObject.caller"])("fails it with its reason: %s", async (path) => {
    const { userId: id } = await signUpToResets();
    const socket = await overSocket(browser, "/resets");
    plan.calls = 1;
    expect(await failureOf(socket.query(path, { userId: id }))).toEqual(reset);
    expect(reports).toMatchObject([{ path, reason: "OBJECT_RESET" }]);
  });

  it("fails a live query with its reason", async () => {
    const { userId: id } = await signUpToResets();
    const caller = createCaller<ResetsRouter>(env.RESETS_DO).asUser({ userId });
    plan.calls = 1;
    const results = watchQuery(caller.inObject.stub, { userId: id });
    expect(await failureOf(results.next())).toEqual(reset);
    expect(reports).toMatchObject([{ path: "inObject.stub", reason: "OBJECT_RESET" }]);
  });
});

describe("a reset of an object that another object calls", () => {
  it.each(links)("fails the call with its reason (%s)", async (link) => {
    const { browser: first, userId: id } = await signUpToResets();
    const { user } = await first.client("batch", "/resets").auth.me.query();
    const login = () => overHttp(openBrowser(), link, "/resets").mutate("auth.login", { email: user.email, password });
    await resetAtStart(1, id);
    expect(await failureOf(login())).toEqual(reset);
    expect(reports).toMatchObject([{ path: "auth.login", reason: "OBJECT_RESET" }]);
    expect(await login()).toMatchObject({ user: { id } });
  });
});

describe("a server caller", () => {
  const caller = () => createCaller<ResetsRouter>(env.RESETS_DO).asUser({ userId });

  it("gets the reason of a reset, with its error as the cause", async () => {
    plan.calls = 1;
    const call = caller().write();
    expect(await failureOf(call)).toEqual(reset);
    await expect(call).rejects.toMatchObject({ cause: { message: secret } });
    expect(ran).toEqual(["write"]);
  });

  it("does not notice a reset between two calls", async () => {
    expect(await caller().quick()).toBe("quick");
    await abortAllDurableObjects();
    expect(await caller().quick()).toBe("quick");
  });
});

describe("loadSession", () => {
  const loadSession = createLoadSession<ResetsRouter>({ binding: "RESETS_DO" });
  const load = () => {
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    return loadSession(new Request(`${origin}/account`, { headers: { cookie } }), env);
  };

  it("is sent once again after a reset", async () => {
    await resetAtStart(1);
    expect(await load()).toMatchObject({ user: { id: userId } });
  });

  it("rejects with the reason after the second reset", async () => {
    await resetAtStart(2);
    expect(await failureOf(load())).toEqual(reset);
    expect(await load()).toMatchObject({ user: { id: userId } });
  });

  it("loads the session from an object of an earlier version", async () => {
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const getByName = (name: string) => {
      const stub = env.RESETS_DO.getByName(name);
      const missing = new TypeError('The RPC receiver does not implement the method "internalRead".');
      return { internal: (request: never) => stub.internal(request), internalRead: () => Promise.reject(missing) };
    };
    const request = new Request(`${origin}/account`, { headers: { cookie } });
    expect(await loadSession(request, { RESETS_DO: { getByName } })).toMatchObject({ user: { id: userId } });
  });
});

describe("a stub that loses its connection", () => {
  /** Sends a mutation with a key. Returns the status, and how often the stub was called. */
  async function post(path: string, input: object) {
    let calls = 0;
    const lose = () => {
      calls += 1;
      return Promise.reject(Object.assign(new Error("Network connection lost."), { retryable: true }));
    };
    const RESETS_DO = { getByName: () => ({ trpc: lose, trpcRead: lose, internal: lose }), idFromName() {} };
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const headers = { cookie, origin, "content-type": "application/json", "Idempotency-Key": crypto.randomUUID() };
    const request = new Request(`${origin}/resets/${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify({ json: input }),
    });
    const response = await resetsHandler(request, { ...env, RESETS_DO }, createExecutionContext());
    return [response?.status, calls];
  }

  it("is called once again for a mutation with a key", async () => {
    expect(await post("write", {})).toEqual([503, 2]);
  });

  it("is called once for mutations that ignore the key", async () => {
    expect(await post("auth.login", { email: freshEmail(), password })).toEqual([503, 1]);
    expect(await post("account.delete", { password })).toEqual([503, 1]);
  });
});

describe("a stub whose errors say that its object is overloaded", () => {
  it("fails calls with that reason and Retry-After, and they are not sent again", async () => {
    let calls = 0;
    const overload = () => {
      calls += 1;
      return Promise.reject(Object.assign(new Error("Durable Object is overloaded."), { overloaded: true }));
    };
    const RESETS_DO = {
      getByName: () => ({ trpc: overload, trpcRead: overload, internal: overload }),
      idFromName() {},
    };
    const cookie = Array.from(browser.cookies, ([name, value]) => `${name}=${value}`).join("; ");
    const request = new Request(`${origin}/resets/quick`, { headers: { cookie, "Sec-Fetch-Site": "same-origin" } });
    const response = await resetsHandler(request, { ...env, RESETS_DO }, createExecutionContext());
    expect([response?.status, response?.headers.get("Retry-After"), calls]).toEqual([429, "5", 1]);
    expect(reports).toMatchObject([{ path: "quick", reason: "OBJECT_OVERLOADED" }]);
  });
});
