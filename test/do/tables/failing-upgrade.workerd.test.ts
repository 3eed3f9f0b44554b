import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import superjson from "superjson";
import { beforeEach, describe, expect, it } from "vitest";
import { createCaller, errorReason } from "trpc-userdo/worker";
import { deploy, type FirstRouter, startErrors } from "../../fixtures/app/versions.js";
import { freshEmail, openBrowser, password } from "../../fixtures/browser.js";
import { openSocket, subscribe, upgrade } from "../../fixtures/socket.js";
import { openVersionsClient, versionsObject } from "../../fixtures/versions.js";

beforeEach(() => {
  deploy("first");
  startErrors.length = 0;
});

type Name = Parameters<typeof versionsObject>[0];

/** Restores the state before the framework's first step, whose step now fails. */
async function storeEarlierVersion(name: Name, sql: readonly string[] = []): Promise<void> {
  const object = versionsObject(name);
  await runInDurableObject(object, (_instance, { storage }) => {
    storage.sql.exec("UPDATE _object SET version = 0");
    storage.sql.exec("INSERT INTO _rate_log (name, at) VALUES ('verifyEmail ada@example.com', 1)");
    storage.sql.exec(
      "CREATE TRIGGER failing BEFORE DELETE ON _rate_log BEGIN SELECT RAISE(ABORT, 'hunter2: not today'); END",
    );
    for (const statement of sql) storage.sql.exec(statement);
  });
  await evictDurableObject(object);
}

/** Deploys a version whose step succeeds. */
async function correctStep(name: Name, sql: readonly string[] = []): Promise<void> {
  const object = versionsObject(name);
  await runInDurableObject(object, (_instance, { storage }) => {
    storage.sql.exec("DROP TRIGGER failing");
    for (const statement of sql) storage.sql.exec(statement);
  });
  await evictDurableObject(object);
}

const readAll = (name: Name) =>
  runInDurableObject(versionsObject(name), (_instance, { storage: { sql } }) => {
    const tables = sql.exec(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    );
    const names = tables.toArray().map(({ name: table }) => String(table));
    return Object.fromEntries(names.map((table) => [table, sql.exec(`SELECT * FROM "${table}"`).toArray()]));
  });

async function signUp() {
  const browser = openBrowser();
  const client = openVersionsClient(browser);
  const email = freshEmail();
  const { user } = await client.auth.signup.mutate({ email, password });
  await client.tasks.create.mutate("one");
  return { browser, client, email, user, name: `user:${user.id}` as const };
}

/** The code and the reason that a call fails with. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as { code?: unknown; data?: { code?: unknown } },
  );
  return [error?.data?.code ?? error?.code, errorReason(error)];
}

const refused = ["SERVICE_UNAVAILABLE", "UPGRADE_FAILED"];
const stepFailed = expect.stringContaining("of the framework's own tables failed");

const call = (id: number, method: "query" | "mutation", path: string, input?: unknown) => ({
  id,
  method,
  params: { path, input: superjson.serialize(input) },
});

describe("a failing step of the framework's own tables", () => {
  it("answers every call with one reason, keeps the data, and is reported once", async () => {
    const { browser, client, email, user, name } = await signUp();
    const socket = await openSocket(browser, "/versions");
    await storeEarlierVersion(name);
    const before = await readAll(name);

    socket.send(call(1, "query", "tasks.list"));
    socket.send(call(2, "mutation", "tasks.create", "two"));
    socket.send(subscribe(3, "tasks.changes"));
    await socket.until(3);
    const caller = createCaller<FirstRouter>(env.VERSIONS_DO).asUser({ userId: user.id });
    expect({
      query: await refusalOf(client.tasks.list.query()),
      mutation: await refusalOf(client.tasks.create.mutate("two")),
      account: await refusalOf(client.auth.me.query()),
      refresh: await refusalOf(client.auth.refresh.mutate()),
      login: await refusalOf(openVersionsClient().auth.login.mutate({ email, password })),
      kv: await refusalOf(client.kv.get.query({ key: "a" })),
      caller: await refusalOf(caller.tasks.list()),
    }).toEqual({
      query: refused,
      mutation: refused,
      account: refused,
      refresh: refused,
      login: refused,
      kv: refused,
      caller: refused,
    });
    expect(socket.frames.map(({ error }) => error?.json.data)).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ code: refused[0], reason: refused[1] })),
    );
    expect(JSON.stringify(socket.frames)).not.toContain("hunter2");
    expect(await readAll(name)).toEqual(before);
    expect(startErrors).toEqual([stepFailed]);

    await correctStep(name);
    expect((await client.tasks.list.query()).map(({ title }) => title)).toEqual(["one"]);
    await client.tasks.create.mutate("two");
    const after = await readAll(name);
    expect(after["_object"]).toMatchObject([{ version: 3 }]);
    expect(after["_rate_log"]).toEqual([]);
    expect(startErrors).toHaveLength(1);
  });

  it("delivers the changes after the correction to subscriptions from before", async () => {
    const { browser, client, name } = await signUp();
    const socket = await openSocket(browser, "/versions");
    socket.send(subscribe(1, "tasks.changes"));
    await socket.until(1);
    await storeEarlierVersion(name);
    expect(await refusalOf(client.tasks.list.query())).toEqual(refused);
    await correctStep(name);
    await client.tasks.create.mutate("two");
    await socket.until(2);
    expect(socket.frames[1]).toMatchObject({ id: 1, result: { type: "data" } });
  });

  it("sends no messages from tables of the earlier version until it is corrected", async () => {
    const { client, name } = await signUp();
    await storeEarlierVersion(name);
    const waiting = async () => (await readAll(name))["_outbox"]?.length;
    const object = versionsObject(name);
    await runInDurableObject(object, async (_instance, { storage }) => {
      storage.sql.exec(
        `INSERT INTO _outbox (target, seq, kind, payload, created_at, due, attempts)
         VALUES ('mail', 9, 'passwordChanged', '{"to":"ada@example.com"}', 1, 1, 0)`,
      );
      await storage.setAlarm(Date.now() + 60_000);
    });
    await evictDurableObject(object);
    expect(await refusalOf(client.tasks.list.query())).toEqual(refused);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await waiting()).toBe(1);
    const alarm = await runInDurableObject(object, (_instance, { storage }) => storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now());
    await correctStep(name);
    expect(await client.tasks.list.query()).toHaveLength(1);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await waiting()).toBe(0);
  });

  it("refuses sockets while the earlier version lacks their table", async () => {
    const { browser, client, name } = await signUp();
    const socket = await openSocket(browser, "/versions");
    await storeEarlierVersion(name, ["ALTER TABLE _sessions RENAME TO _earlier"]);
    socket.send(call(1, "query", "tasks.list"));
    expect((await upgrade(browser, {}, "/versions")).status).toBe(503);
    expect(await refusalOf(client.tasks.list.query())).toEqual(refused);
    await correctStep(name, ["ALTER TABLE _earlier RENAME TO _sessions"]);
    expect(await client.tasks.list.query()).toHaveLength(1);
    expect((await upgrade(browser, {}, "/versions")).status).toBe(101);
  });
});
