import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { beforeEach, describe, expect, it } from "vitest";
import { behavior, errors, inObjects, inWorker, received, type SignalsRouter } from "../../fixtures/app/signals.js";
import { openBrowser } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { eventually } from "../../fixtures/eventually.js";
import { calls, message, reportsOf, resetSignals, signUpToSignals } from "../../fixtures/signals.js";
import { openSocket } from "../../fixtures/socket.js";

beforeEach(resetSignals);

const sql = (statement: string) => async (object: DurableObjectStub) =>
  runInDurableObject(object, (_instance, { storage }) => storage.sql.exec(statement).toArray());

describe("onCall of createUserDO", () => {
  it("reports a call over HTTP once, with its owner and without its input", async () => {
    const { client, user } = await signUpToSignals();
    resetSignals();
    await client.items.add.mutate({ text: "hunter2" });
    expect(inWorker).toEqual([]);
    expect(calls()).toEqual([
      {
        path: "items.add",
        type: "mutation",
        owner: { type: "user", id: user.id },
        caller: "session",
        outcome: "ok",
        code: undefined,
        reason: undefined,
        durationMs: expect.any(Number),
        rowsRead: expect.any(Number),
        rowsWritten: expect.any(Number),
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    ]);
    expect(received.hasBinding).toBe(true);
  });

  it("reports each call of a batch with the id of the request", async () => {
    const { client } = await signUpToSignals();
    resetSignals();
    await Promise.all([client.items.list.query(), client.items.list.query(), client.auth.me.query()]);
    expect(
      calls()
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(["auth.me", "items.list", "items.list"]);
    expect(new Set(calls().map(({ requestId }) => requestId)).size).toBe(1);
  });

  it("reports messages of sockets, each with an id of its own", async () => {
    const { browser } = await signUpToSignals();
    const socket = await openSocket(browser, "/signals");
    resetSignals();
    socket.send(message(1, "query", "items.list"));
    socket.send(message(2, "mutation", "items.add", { text: "a" }));
    socket.send(message(3, "subscription", "items.changes"));
    await socket.until(3);
    expect(calls()).toMatchObject([
      { path: "items.list", type: "query", caller: "session" },
      { path: "items.add", type: "mutation", caller: "session" },
      { path: "items.changes", type: "subscription", caller: "session" },
    ]);
    expect(new Set(calls().map(({ requestId }) => requestId)).size).toBe(3);
    socket.socket.close();
  });

  it("reports calls of server-side callers with their type and the given id", async () => {
    const { user } = await signUpToSignals();
    resetSignals();
    const caller = createCaller<SignalsRouter>(env.SIGNALS_DO, { requestId: "job-7" });
    await caller.asUser({ userId: user.id }).items.add({ text: "a" });
    await caller.asSystem().notices.list();
    expect(calls()).toMatchObject([
      { path: "items.add", type: "mutation", caller: "rpc", requestId: "job-7" },
      { path: "notices.list", type: "query", caller: "system", owner: { type: "app", id: "main" }, requestId: "job-7" },
    ]);
  });

  it("reports each run of a live query with the rows that it read", async () => {
    const { browser, client } = await signUpToSignals();
    const socket = await openSocket(browser, "/signals");
    resetSignals();
    socket.send(message(1, "subscription", "_live", { path: "items.list" }));
    await eventually(() => expect(reportsOf("items.list")).toHaveLength(1));
    await client.items.fill.mutate(5);
    await eventually(() => expect(reportsOf("items.list")).toHaveLength(2));
    const [first, second] = reportsOf("items.list");
    expect([first, second]).toMatchObject([
      { type: "live", caller: "session", outcome: "ok" },
      { type: "live", caller: "session", outcome: "ok" },
    ]);
    expect(second?.rowsRead).toBeGreaterThanOrEqual(5);
    expect(first?.requestId).not.toBe(second?.requestId);
    socket.socket.close();
  });

  it("reports calls of an organization's members in its object", async () => {
    const { client } = await signUpToSignals();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Acme" });
    resetSignals();
    await client.shared.list.query({ organizationId });
    const owner = { type: "organization", id: organizationId };
    expect(reportsOf("shared.list")).toMatchObject([{ owner, caller: "session" }]);
  });

  it("never reports an email address, nor the id that is derived from it", async () => {
    const email = "Personal.Address@example.com";
    const { client } = await signUpToSignals(email);
    await client.auth.requestPasswordReset.mutate({ email });
    await client.items.refuse.query().catch(() => {});
    const text = JSON.stringify([inObjects, inWorker]);
    expect(text.toLowerCase()).not.toContain("personal.address");
    expect(text).not.toContain("ada@example.com");
    const owners = inObjects.flatMap(({ owner }) => (owner?.type === "email" ? [owner] : []));
    expect(owners.length).toBeGreaterThan(0);
    for (const owner of owners) expect(owner).toEqual({ type: "email" });
  });
});

describe("an outcome", () => {
  it("is refused for an error that was thrown on purpose, and failed for an unexpected one", async () => {
    const { client } = await signUpToSignals();
    resetSignals();
    await client.items.refuse.query().catch(() => {});
    await client.items.fail.query().catch(() => {});
    expect(calls()).toMatchObject([
      { path: "items.refuse", outcome: "refused", code: "CONFLICT", reason: undefined },
      { path: "items.fail", outcome: "failed", code: "INTERNAL_SERVER_ERROR", reason: undefined },
    ]);
  });

  it("has the stable reason of an error", async () => {
    const { client, email } = await signUpToSignals();
    resetSignals();
    const login = openBrowser().client("batch", "/signals").auth.login;
    expect(await codeOf(login.mutate({ email, password: "not the password" }))).toBe("UNAUTHORIZED");
    expect(await codeOf(client.organizations.get.query({ organizationId: "0".repeat(36) }))).toBe("FORBIDDEN");
    expect(reportsOf("auth.login")).toMatchObject([
      { owner: { type: "email" }, caller: "anonymous", outcome: "refused", reason: "WRONG_CREDENTIALS" },
    ]);
    expect(reportsOf("organizations.get")).toMatchObject([{ outcome: "refused", code: "FORBIDDEN" }]);
  });

  it("of a path that a client made up does not have the path", async () => {
    const { browser } = await signUpToSignals();
    const socket = await openSocket(browser, "/signals");
    resetSignals();
    socket.send(message(1, "query", "items.ada@example.com"));
    await socket.until(1);
    expect(calls()).toMatchObject([{ path: "(unknown)", outcome: "refused", code: "NOT_FOUND" }]);
    socket.socket.close();
  });

  it("has the request id that the client and onError receive", async () => {
    const { client } = await signUpToSignals();
    resetSignals();
    const error = (await client.items.fail.query().catch((cause: unknown) => cause)) as {
      readonly data: { readonly requestId: string };
    };
    expect(calls()).toMatchObject([{ path: "items.fail", requestId: error.data.requestId }]);
    expect(errors).toMatchObject([{ path: "items.fail", requestId: error.data.requestId }]);
  });
});

describe("counted rows", () => {
  it("are those of the cursors, as billed", async () => {
    const { client, object } = await signUpToSignals();
    resetSignals();
    await client.items.fill.mutate(300);
    await client.items.list.query();
    const [list] = reportsOf("items.list");
    // With the rows that authorize the caller.
    expect(list?.rowsRead).toBeGreaterThanOrEqual(300);
    expect(list?.rowsRead).toBeLessThan(310);
    expect(list?.rowsWritten).toBe(0);
    // A row, and its entry in the log of changes.
    expect(reportsOf("items.fill")[0]?.rowsWritten).toBeGreaterThanOrEqual(600);
    expect(await sql("SELECT count(*) AS count FROM items")(object())).toEqual([{ count: 300 }]);
  });

  it("of a call that waits do not include those of the calls in between", async () => {
    const { client } = await signUpToSignals();
    await client.items.fill.mutate(10);
    resetSignals();
    const slow = client.items.listTwice.query();
    await Promise.all([slow, client.items.list.query(), client.items.fill.mutate(1)]);
    await slow;
    expect(reportsOf("items.list")[0]?.rowsRead).toBeGreaterThanOrEqual(10);
    const [twice] = reportsOf("items.listTwice");
    expect(twice?.rowsRead).toBeLessThan(10 + 11 + 10);
    expect(twice?.rowsWritten).toBe(0);
  });
});

describe("work without a caller", () => {
  it("reports each attempt to send a mail, and the dead letter in onError", async () => {
    behavior.mail = "fail";
    const { object } = await signUpToSignals();
    await eventually(async () => {
      await runDurableObjectAlarm(object());
      expect(inObjects.filter(({ type }) => type === "mail")).not.toEqual([]);
    });
    const [mail] = inObjects.filter(({ type }) => type === "mail");
    expect(mail).toMatchObject({ path: "(mail) verifyEmail", caller: "object", outcome: "failed" });
    expect(errors.at(-1)).toMatchObject({ path: "(outbox)", reason: "DELIVERY_FAILED" });
    await sql("UPDATE _outbox SET attempts = 1000, due = 0")(object());
    await runDurableObjectAlarm(object());
    await eventually(() => expect(errors.at(-1)).toMatchObject({ path: "(outbox)", reason: "DEAD_LETTER" }));
    expect(await object().counters()).toMatchObject({ pendingMessages: 0, deadLetters: 1, sockets: 0 });
  });

  it("reports tasks of the alarm and messages to other objects", async () => {
    const { object } = await signUpToSignals();
    await runDurableObjectAlarm(object());
    await eventually(() => expect(reportsOf("(alarm) outbox")).not.toEqual([]));
    expect(reportsOf("(alarm) outbox")[0]).toMatchObject({ type: "alarm", caller: "object", outcome: "ok" });
    const messages = inObjects.filter(({ type }) => type === "message");
    expect(messages.map(({ path }) => path)).toContain("(message) user");
    expect(inObjects.filter(({ path }) => path === "(internal) deliver")).not.toEqual([]);
  });
});

describe.each(["throw", "reject", "hang"] as const)("a hook that fails (%s)", (hook) => {
  it("does not change a reply", async () => {
    const { client, browser } = await signUpToSignals();
    resetSignals();
    behavior.hook = hook;
    expect(await client.items.add.mutate({ text: "a" })).toMatchObject({ text: "a" });
    expect(await client.here.query()).toBe("here");
    expect(await codeOf(client.items.refuse.query())).toBe("CONFLICT");
    const socket = await openSocket(browser, "/signals");
    socket.send(message(1, "query", "items.list"));
    expect((await socket.until(1))[0]).toMatchObject({ result: { type: "data" } });
    socket.socket.close();
    if (hook === "hang") return expect(errors).toEqual([]);
    await eventually(() => expect(errors.length).toBeGreaterThanOrEqual(4));
    expect(new Set(errors.map(({ path, reason }) => `${path} ${reason}`))).toEqual(new Set(["(onCall) HOOK_FAILED"]));
  });
});

describe("onCall of createHandler", () => {
  it("reports the calls that the Worker runs and refuses", async () => {
    const { client } = openBrowser();
    const signals = client("batch", "/signals") as unknown as Awaited<ReturnType<typeof signUpToSignals>>["client"];
    await signals.here.query();
    await signals.failHere.query().catch(() => {});
    await signals.items.list.query().catch(() => {});
    expect(calls()).toEqual([]);
    const none = { owner: undefined, caller: "anonymous", rowsRead: 0, rowsWritten: 0 };
    expect(inWorker).toMatchObject([
      { ...none, path: "here", type: "query", outcome: "ok" },
      { ...none, path: "failHere", type: "query", outcome: "failed", code: "INTERNAL_SERVER_ERROR" },
      { ...none, path: "items.list", type: "query", outcome: "refused", code: "UNAUTHORIZED" },
    ]);
    expect(errors).toMatchObject([{ path: "failHere", requestId: inWorker[1]?.requestId }]);
  });

  it("reports requests that are refused as a whole, and paths without a procedure", async () => {
    const browser = openBrowser();
    await browser.fetch("/signals/here", { method: "PUT" });
    await browser.fetch("/signals/who.is.ada");
    await browser.fetch("/signals/here", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(inWorker).toMatchObject([
      { path: "(request)", type: "request", outcome: "refused", code: "METHOD_NOT_SUPPORTED" },
      { path: "(unknown)", outcome: "refused" },
      { path: "here", type: "query", outcome: "refused", code: "METHOD_NOT_SUPPORTED" },
    ]);
  });

  it("has Cloudflare's id of the request, in the object too", async () => {
    const { browser } = await signUpToSignals();
    resetSignals();
    await browser.fetch("/signals/here,items.list,items.fail?batch=1&input=%7B%7D", {
      headers: { "cf-ray": "8a1b2c3d4e5f6789-FRA" },
    });
    const reports = [...inWorker, ...calls()];
    expect(reports.map(({ path }) => path).toSorted()).toEqual(["here", "items.fail", "items.list"]);
    for (const { requestId } of [...reports, ...errors]) expect(requestId).toBe("8a1b2c3d4e5f6789-FRA");
  });
});
