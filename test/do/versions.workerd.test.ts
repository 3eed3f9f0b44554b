import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import superjson from "superjson";
import { beforeEach, describe, expect, it } from "vitest";
import { createCaller } from "trpc-userdo/worker";
import { deploy, type FirstRouter, startErrors } from "../fixtures/app/versions.js";
import { freshEmail, openBrowser, password } from "../fixtures/browser.js";
import { codeOf } from "../fixtures/error-code.js";
import { eventsOf, openSocket, subscribe } from "../fixtures/socket.js";
import { openVersionsClient, redeploy, versionsObject, type Version } from "../fixtures/versions.js";

beforeEach(() => {
  deploy("first");
  startErrors.length = 0;
});

/** A user with two tasks, created by the first version of the app. */
async function signUpToFirst() {
  const browser = openBrowser();
  const client = openVersionsClient(browser);
  const email = freshEmail();
  const { user } = await client.auth.signup.mutate({ email, password });
  for (const title of ["one", "two"]) await client.tasks.create.mutate(title);
  const object = versionsObject(`user:${user.id}`);
  const stored = () =>
    runInDurableObject(object, (_instance, { storage }) => ({
      tasks: storage.sql.exec("SELECT * FROM tasks ORDER BY id").toArray(),
      schema: storage.sql.exec("SELECT name, sql FROM sqlite_master ORDER BY name").toArray(),
    }));
  const redeployUser = (version: Version): Promise<void> => redeploy(object, version);
  return { browser, client, email, user, redeploy: redeployUser, stored, object };
}

const call = (id: number, method: "query" | "mutation", path: string, input?: unknown) => ({
  id,
  method,
  params: { path, input: superjson.serialize(input) },
});

describe("a migration that fails", () => {
  it("answers every call with one clear error over each transport, keeps the data, and reports it once", async () => {
    const { browser, client, email, user, redeploy, stored } = await signUpToFirst();
    const before = await stored();
    const socket = await openSocket(browser, "/versions");
    await redeploy("failing");

    const refusals = {
      query: await codeOf(client.tasks.list.query()),
      mutation: await codeOf(client.tasks.create.mutate("three")),
      "an account's": await codeOf(client.auth.me.query()),
      login: await codeOf(openVersionsClient().auth.login.mutate({ email, password })),
      kv: await codeOf(client.kv.get.query({ key: "a" })),
    };
    socket.send(call(1, "query", "tasks.list"));
    socket.send(subscribe(2, "tasks.changes"));
    await socket.until(2);
    const caller = createCaller<FirstRouter>(env.VERSIONS_DO).asUser({ userId: user.id });
    const rpc = await caller.tasks.list().catch((error: unknown) => (error as { code: unknown }).code);
    expect({ ...refusals, rpc }).toEqual({
      query: "SERVICE_UNAVAILABLE",
      mutation: "SERVICE_UNAVAILABLE",
      "an account's": "SERVICE_UNAVAILABLE",
      login: "SERVICE_UNAVAILABLE",
      kv: "SERVICE_UNAVAILABLE",
      rpc: "SERVICE_UNAVAILABLE",
    });
    for (const { error } of socket.frames) {
      expect(error?.json.data.code).toBe("SERVICE_UNAVAILABLE");
      expect(error?.json.message).toContain("could not be upgraded to this version of the app. It is unchanged");
      expect(JSON.stringify(error)).not.toContain("hunter2");
    }
    expect(await stored()).toEqual(before);
    expect(startErrors).toEqual([
      'The migration "titles-are-names" failed, and all its changes were rolled back: hunter2: not today',
    ]);
  });

  it("lets the previous version serve the data, and the next one migrate it and deliver all changes", async () => {
    const { browser, client, redeploy, stored } = await signUpToFirst();
    const socket = await openSocket(browser, "/versions");
    socket.send(subscribe(1, "tasks.changes"));
    await socket.until(1);
    await redeploy("failing");
    expect(await codeOf(client.tasks.list.query())).toBe("SERVICE_UNAVAILABLE");
    await redeploy("first");
    expect((await client.tasks.list.query()).map(({ title }) => title)).toEqual(["one", "two"]);
    await client.tasks.create.mutate("three");
    await socket.until(2);
    await redeploy("renamed");
    await client.tasks.create.mutate("four");
    await socket.until(3);
    const rows = (await client.tasks.list.query()) as unknown as { name: string; done: boolean }[];
    expect(rows.map(({ name, done }) => [name, done])).toEqual([
      ["one", false],
      ["two", false],
      ["three", false],
      ["four", false],
    ]);
    expect(eventsOf(socket.frames).map(({ change }) => change)).toMatchObject([
      { type: "create", data: { title: "three" } },
      { type: "create", data: { name: "four" } },
    ]);
    // The version before does not change data in a form that it does not know.
    const after = await stored();
    await redeploy("first");
    expect(await codeOf(client.tasks.list.query())).toBe("SERVICE_UNAVAILABLE");
    expect(await stored()).toEqual(after);
    await redeploy("renamed");
    expect(await client.tasks.list.query()).toEqual(rows);
  });
});

describe("migrations of an organization's tables", () => {
  it("fail and succeed separately from those of users", async () => {
    const { client } = await signUpToFirst();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Ours" });
    const object = versionsObject(`organization:${organizationId}`);
    const titles = async () => (await client.shared.list.query({ organizationId })).map(({ title }) => title);
    await client.shared.create.mutate({ organizationId, title: "one" });
    // The user's own object stays awake, with the version with which it started.
    await redeploy(object, "failing");
    expect(await codeOf(client.shared.list.query({ organizationId }))).toBe("SERVICE_UNAVAILABLE");
    expect(startErrors).toEqual([expect.stringContaining('The migration "titles-are-names" failed')]);
    await redeploy(object, "first");
    expect(await titles()).toEqual(["one"]);
    await redeploy(object, "renamed");
    await client.shared.create.mutate({ organizationId, title: "two" });
    const rows = (await client.shared.list.query({ organizationId })) as unknown as { name: string }[];
    expect(rows.map(({ name }) => name)).toEqual(["one", "two"]);
  });
});

describe("two versions at once", () => {
  it("read and write the same storage in turn", async () => {
    const { client, redeploy, stored, object } = await signUpToFirst();
    const titles = ["one", "two"];
    for (let turn = 0; turn < 6; turn++) {
      await redeploy(turn % 2 === 0 ? "wider" : "first");
      const title = `turn ${turn}`;
      await client.tasks.create.mutate(title);
      titles.push(title);
      expect((await client.tasks.list.query()).map((task) => task.title)).toEqual(titles);
    }
    await redeploy("wider");
    const rows = (await client.tasks.list.query()) as unknown as { stars: number; note?: string }[];
    expect(rows.map(({ stars, note }) => [stars, note])).toEqual([
      [3, undefined],
      [3, undefined],
      ...Array.from({ length: 6 }, (_, turn) => (turn % 2 === 0 ? [5, "by the newer one"] : [3, undefined])),
    ]);
    const { schema } = await stored();
    expect(schema.map(({ name }) => name)).toContain("tasks.stars");
    const check = await runInDurableObject(object, (_instance, { storage }) =>
      storage.sql.exec("PRAGMA quick_check").toArray(),
    );
    expect(check).toEqual([{ quick_check: "ok" }]);
    expect(startErrors).toEqual([]);
  });
});
