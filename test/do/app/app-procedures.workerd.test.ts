import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { createCaller } from "../../../src/worker/create-caller.js";
import { appObject, freshTitle } from "../../fixtures/announcements.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { openBrowser, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { codeOfCall, overHttp, overRpc, overSocket, signedInTransports } from "../../fixtures/transports.js";

describe("an app procedure", () => {
  it("runs in app:main for a signed-in user, and shares its tables with all users", async () => {
    const [ada, bob] = [await signUp(), await signUp()];
    const title = freshTitle();
    const row = await ada.client.announcements.create.mutate({ title });
    expect(await bob.client.announcements.byTitle.query({ title })).toEqual([row]);
    expect(await bob.client.announcements.count.query({ title })).toBe(1);
    const { owner, caller } = await bob.client.announcements.whereAmI.query();
    expect(owner).toEqual({ type: "app", id: "main" });
    expect(caller).toMatchObject({ type: "user", userId: bob.user.id, sessionId: bob.session.id });
  });

  it("returns the same over HTTP, a batch, a stream, the app's socket and another Worker", async () => {
    const { browser, user } = await signUp();
    const title = freshTitle();
    const transports = [
      ...(["single", "batch", "batch-stream"] as const).map((name) => overHttp(browser, name)),
      await overSocket(browser, "/trpc?app"),
      overRpc(user.id),
    ];
    for (const transport of transports) await transport.mutate("announcements.create", { title });
    const all = await Promise.all(transports.map((each) => each.query("announcements.byTitle", { title })));
    for (const each of all) expect(each).toEqual(all[0]);
    expect(all[0]).toHaveLength(transports.length);
  });

  it("runs in a batch with procedures of the user and of an organization", async () => {
    const { client } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Club" });
    const title = freshTitle();
    const [post, project, announcement] = await Promise.all([
      client.posts.create.mutate({ title, body: "" }),
      client.projects.create.mutate({ organizationId, name: title }),
      client.announcements.create.mutate({ title }),
    ]);
    expect(new Set([post.id, project.id, announcement.id]).size).toBe(3);
    const lists = await Promise.all([
      client.posts.list.query(),
      client.projects.list.query({ organizationId }),
      client.announcements.byTitle.query({ title }),
    ]);
    expect(lists.map((list) => list.length)).toEqual([1, 1, 1]);
  });

  it("is refused for an anonymous caller, and a cookie that is not valid", async () => {
    const browser = openBrowser();
    expect(await codeOf(browser.client().announcements.list.query())).toBe("UNAUTHORIZED");
    const title = freshTitle();
    browser.cookies.set("userdo-access", "x.y.z");
    expect(await codeOf(browser.client("http").announcements.create.mutate({ title }))).toBe("UNAUTHORIZED");
    const { client } = await signUp();
    expect(await client.announcements.byTitle.query({ title })).toEqual([]);
  });

  it("is refused from the moment its session has ended", async () => {
    const { client, browser } = await signUp();
    await client.announcements.list.query();
    const stolen = openBrowser();
    for (const [name, value] of browser.cookies) stolen.cookies.set(name, value);
    expect(await codeOf(stolen.client().announcements.list.query())).toBe("none");
    await client.auth.logout.mutate();
    expect(await codeOf(stolen.client().announcements.list.query())).toBe("UNAUTHORIZED");
  });

  it("writes all or nothing", async () => {
    const { client } = await signUp();
    const title = freshTitle();
    expect(await codeOf(client.announcements.createThenFail.mutate({ title }))).toBe("CONFLICT");
    expect(await client.announcements.byTitle.query({ title })).toEqual([]);
    const planted = await runInDurableObject(appObject(), (_, { storage }) =>
      storage.sql.exec("SELECT count(*) AS n FROM _kv WHERE key = 'planted'").one(),
    );
    expect(planted).toEqual({ n: 0 });
  });

  it("runs once for an idempotency key", async () => {
    const { user } = await signUp();
    const [title, idempotencyKey] = [freshTitle(), crypto.randomUUID()];
    const repeat = () =>
      createCaller<AppRouter>(env.BLOG_DO, { idempotencyKey }).asUser({ userId: user.id }).announcements.create({
        title,
      });
    const [first, second] = [await repeat(), await repeat()];
    expect(second).toEqual(first);
    const asSystem = createCaller<AppRouter>(env.BLOG_DO, { idempotencyKey }).asSystem();
    expect(await asSystem.announcements.create({ title })).not.toEqual(first);
    const again = createCaller<AppRouter>(env.BLOG_DO, { idempotencyKey }).asSystem();
    await again.announcements.create({ title });
    expect(await asSystem.announcements.count({ title })).toBe(2);
  });

  it("has a key-value store of its own", async () => {
    const { client } = await signUp();
    await client.announcements.setTheme.mutate({ theme: "light" });
    await client.kv.set.mutate({ key: "preferences", value: { theme: "dark" } });
    expect(await client.announcements.theme.query()).toBe("light");
    expect(await codeOf(client.announcements.setTheme.mutate({ theme: "blue" as "dark" }))).toBe("BAD_REQUEST");
  });

  it("ignores an organization in its input", async () => {
    const { client } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Club" });
    const { owner } = await (client.announcements.whereAmI.query as (input: unknown) => Promise<{ owner: unknown }>)({
      organizationId,
    });
    expect(owner).toEqual({ type: "app", id: "main" });
  });

  it("is refused on the socket of a user and of an organization", async () => {
    const { browser, client } = await signUp();
    const { id } = await client.organizations.create.mutate({ name: "Club" });
    for (const path of ["/trpc", `/trpc?organizationId=${id}`]) {
      const socket = await overSocket(browser, path);
      const error = await socket.query("announcements.list").catch((cause: unknown) => cause);
      expect(error).toMatchObject({ data: { code: "FORBIDDEN", reason: "WRONG_OBJECT", owner: "app" } });
    }
  });

  it("refuses procedures of users, organizations and addresses on the app's socket", async () => {
    const { browser, client } = await signUp();
    const { id: organizationId } = await client.organizations.create.mutate({ name: "Club" });
    const socket = await overSocket(browser, "/trpc?app");
    const refused = async (path: string, input?: unknown) =>
      (
        (await socket.query(path, input).catch((cause: unknown) => cause)) as {
          data?: { code: string; reason?: string; owner?: string };
        }
      ).data;
    expect(await refused("posts.list")).toMatchObject({ reason: "WRONG_OBJECT", owner: "user" });
    expect(await refused("kv.get", { key: "preferences" })).toMatchObject({ reason: "WRONG_OBJECT", owner: "user" });
    expect(await refused("projects.list", { organizationId })).toMatchObject({
      reason: "WRONG_OBJECT",
      owner: "organization",
    });
    expect(await codeOfCall(socket.mutate("auth.resetPassword", { token: "x", password: "y" }))).not.toBe("none");
    expect(await codeOfCall(socket.mutate("posts.create", { title: "Taken", body: "" }))).toBe("FORBIDDEN");
    expect(await socket.query("ping")).toEqual({ pong: true, callerType: "user" });
    expect(await client.posts.list.query()).toEqual([]);
  });

  it("deletes expired leases without reading the others", async () => {
    const { client } = await signUp();
    await client.announcements.list.query();
    const plan = await runInDurableObject(appObject(), (_, { storage }) =>
      storage.sql.exec("EXPLAIN QUERY PLAN DELETE FROM _leases WHERE until <= 1").toArray(),
    );
    expect(JSON.stringify(plan)).toContain("_leases_until");
  });

  it("answers each of many concurrent users with their own identity", async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => signUp()));
    const callers = await Promise.all(people.map(({ client }) => client.announcements.whereAmI.query()));
    expect(callers.map(({ caller }) => (caller as { userId: string }).userId)).toEqual(
      people.map(({ user }) => user.id),
    );
  });

  it("does not change the transports of a user's own procedures", async () => {
    const person = await signUp();
    for (const transport of await signedInTransports(person)) expect(await transport.query("posts.list")).toEqual([]);
  });
});
