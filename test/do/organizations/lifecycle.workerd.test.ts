import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { ObjectStub } from "../../../src/shared/object-stub.js";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { openBrowser, password } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import {
  storesAnything,
  invitationTo,
  join,
  listed,
  organizationName,
  signUpVerified,
  storedIn,
  type Person,
} from "../../fixtures/organizations.js";
import { upgrade } from "../../fixtures/socket.js";

const unknownId = "0123456789abcdef0123456789abcdef";
const caller = createCaller<AppRouter>(env.BLOG_DO);

let ada: Person;
let bob: Person;

beforeAll(async () => {
  [ada, bob] = await Promise.all([signUpVerified(), signUpVerified()]);
});

afterEach(() => void vi.useRealTimers());

const create = (name = "Acme") => ada.client.organizations.create.mutate({ name });

describe("an organization", () => {
  it("has an id from `create` that works in every later call", async () => {
    const since = new Date("2020-01-01");
    const created = await ada.client.organizations.create.mutate({ name: " Acme ", settings: { plan: "paid", since } });
    expect(created).toMatchObject({ name: "Acme", settings: { plan: "paid", since }, role: "owner" });
    const { id: organizationId } = created;
    expect(await ada.client.organizations.get.query({ organizationId })).toEqual(created);
    await ada.client.projects.create.mutate({ organizationId, name: "One" });
    expect(await ada.client.projects.list.query({ organizationId })).toMatchObject([{ name: "One" }]);
    expect(await ada.client.organizations.members.list.query({ organizationId })).toMatchObject([
      { userId: ada.user.id, email: ada.email, role: "owner" },
    ]);
    expect(await ada.client.projects.whoAmI.query({ organizationId })).toEqual({
      member: {
        userId: ada.user.id,
        email: ada.email,
        role: "owner",
        joinedAt: created.createdAt,
        permissions: created.permissions,
      },
      organization: {
        id: organizationId,
        name: "Acme",
        createdAt: created.createdAt,
        settings: { plan: "paid", since },
      },
    });
  });

  it("is listed with the caller's role, and with its new name after a change", async () => {
    const { id: organizationId } = await create("Before");
    await join(organizationId, { by: ada, who: bob, role: "editor" });
    expect((await listed(ada)).get(organizationId)).toMatchObject({ status: "member", name: "Before", role: "owner" });
    expect((await listed(bob)).get(organizationId)).toMatchObject({ status: "member", name: "Before", role: "editor" });
    const changed = await ada.client.organizations.update.mutate({ organizationId, name: "After" });
    expect(changed).toMatchObject({ name: "After", settings: { plan: "free" } });
    expect((await listed(ada)).get(organizationId)?.name).toBe("After");
    expect((await listed(bob)).get(organizationId)?.name).toBe("After");
  });

  it("has settings that change field by field and are validated by the app's schema", async () => {
    const { id: organizationId } = await create();
    const since = new Date(0);
    const update = (settings: object) => ada.client.organizations.update.mutate({ organizationId, settings });
    await update({ since });
    expect((await update({ plan: "paid" })).settings).toEqual({ plan: "paid", since });
    expect((await update({ since: null })).settings).toEqual({ plan: "paid" });
    expect(await codeOf(update({ plan: "gold" }))).toBe("BAD_REQUEST");
    expect(await codeOf(update({ secret: 1 }))).toBe("BAD_REQUEST");
    expect(
      await codeOf(ada.client.organizations.create.mutate({ name: "x", settings: { plan: "gold" as "paid" } })),
    ).toBe("BAD_REQUEST");
  });

  it.each(["", "   ", "x".repeat(101), "two\nlines", "\ud800"])("refuses %j as a name", async (name) => {
    expect(await codeOf(ada.client.organizations.create.mutate({ name }))).toBe("BAD_REQUEST");
  });

  it("refuses strangers, calls without a session and unknown ids alike, and stores nothing", async () => {
    const { id: organizationId } = await create("Canary");
    await ada.client.projects.create.mutate({ organizationId, name: "Canary" });
    for (const id of [organizationId, unknownId, ada.user.id, bob.user.id]) {
      const errors = await Promise.all(
        [
          bob.client.organizations.get.query({ organizationId: id }),
          bob.client.organizations.update.mutate({ organizationId: id, name: "Mine" }),
          bob.client.organizations.leave.mutate({ organizationId: id }),
          bob.client.organizations.delete.mutate({ organizationId: id }),
          bob.client.organizations.transfer.mutate({ organizationId: id, userId: bob.user.id }),
          bob.client.organizations.members.list.query({ organizationId: id }),
          bob.client.organizations.members.setRole.mutate({ organizationId: id, userId: bob.user.id, role: "owner" }),
          bob.client.organizations.members.remove.mutate({ organizationId: id, userId: ada.user.id }),
          bob.client.organizations.invitations.list.query({ organizationId: id }),
          bob.client.organizations.invitations.create.mutate({ organizationId: id, email: bob.email, role: "admin" }),
          bob.client.organizations.roles.list.query({ organizationId: id }),
          bob.client.projects.list.query({ organizationId: id }),
          caller.asUser({ userId: bob.user.id }).projects.list({ organizationId: id }),
        ].map((call) => call.then(String, (error: Error) => error.message)),
      );
      expect(new Set(errors)).toEqual(
        new Set(["You are not a member of this organization. Ask a member for an invitation."]),
      );
      expect(await codeOf(openBrowser().client().projects.list.query({ organizationId: id }))).toBe("UNAUTHORIZED");
    }
    await expect(caller.asSystem().projects.list({ organizationId: unknownId })).rejects.toThrow(
      "You are not a member",
    );
    expect((await upgrade(bob.browser, {}, `/trpc?organizationId=${unknownId}`)).status).toBe(403);
    for (const id of [unknownId, ada.user.id, bob.user.id])
      expect(await storesAnything(organizationName(id))).toBe(false);
  });

  it("runs the app's middlewares for calls of the app itself", async () => {
    const { id: organizationId } = await create();
    const label = { label: expect.any(String) as unknown, projects: 0 };
    expect(await caller.asSystem().projects.labelled({ organizationId })).toEqual({ by: "system", ...label });
    expect(await ada.client.projects.labelled.query({ organizationId })).toEqual({ by: "user", ...label });
  });

  it("refuses calls of the app's own code to other organizations, and gives its calls a separate context", async () => {
    const { id: organizationId } = await create();
    const other = "0".repeat(32);
    expect(await ada.client.projects.elsewhere.query({ organizationId, other })).toEqual([
      "FORBIDDEN",
      "FORBIDDEN",
      "FORBIDDEN",
      organizationId,
      "hello",
      "one",
      "two",
      false,
    ]);
  });

  it("accepts calls of other Workers as the app and as its members", async () => {
    const { id: organizationId } = await create();
    const system = caller.asSystem();
    await system.projects.create({ organizationId, name: "By the app" });
    expect(await caller.asUser({ userId: ada.user.id }).projects.list({ organizationId })).toMatchObject([
      { name: "By the app" },
    ]);
    expect((await system.organizations.update({ organizationId, name: "Renamed" })).name).toBe("Renamed");
    expect((await system.organizations.members.list({ organizationId })).map(({ userId }) => userId)).toEqual([
      ada.user.id,
    ]);
    await expect(system.projects.whoAmI({ organizationId })).rejects.toThrow("is not a member");
    await expect(system.organizations.leave({ organizationId })).rejects.toThrow("is not a member");
    await expect(
      system.organizations.members.setRole({ organizationId, userId: ada.user.id, role: "member" }),
    ).rejects.toThrow("the last owner");
    const created = await caller.asUser({ userId: ada.user.id }).organizations.create({ name: "By RPC" });
    expect((await listed(ada)).get(created.id)?.name).toBe("By RPC");
    await system.organizations.delete({ organizationId });
    expect((await listed(ada)).has(organizationId)).toBe(false);
  });

  it("deletes the lists of its members, its rows and itself", async () => {
    const { id: organizationId } = await create();
    await join(organizationId, { by: ada, who: bob, role: "admin" });
    await ada.client.projects.create.mutate({ organizationId, name: "Gone" });
    await ada.client.organizations.invitations.create.mutate({
      organizationId,
      email: "waiting@example.com",
      role: "member",
    });
    expect(await codeOf(bob.client.organizations.delete.mutate({ organizationId }))).toBe("FORBIDDEN");
    await ada.client.organizations.delete.mutate({ organizationId });
    expect(await storedIn(organizationName(organizationId))).toBe("");
    for (const person of [ada, bob]) {
      expect((await listed(person)).has(organizationId)).toBe(false);
      expect(await codeOf(person.client.projects.list.query({ organizationId }))).toBe("FORBIDDEN");
    }
    expect(await storedIn(organizationName(organizationId))).toBe("");
  });

  it("is not restored by a repeated creation after its deletion, and the record of it expires after three days", async () => {
    const { id: organizationId } = await create();
    await ada.client.organizations.delete.mutate({ organizationId });
    const payload = { name: "Zombie", settings: "{}", userId: ada.user.id, email: ada.email, createdAt: 0 };
    const letters = [{ seq: 1, kind: "createOrganization", payload }];
    const stub = env.BLOG_DO.getByName(organizationName(organizationId));
    expect(await stub.internal({ op: "deliver", source: `user:${ada.user.id} again`, letters })).toMatchObject({
      done: 1,
    });
    expect(await storedIn(organizationName(organizationId))).toBe("");
    expect(await storesAnything(organizationName(organizationId))).toBe(true);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 73 * 60 * 60_000 });
    await runDurableObjectAlarm(stub);
    expect(await storesAnything(organizationName(organizationId))).toBe(false);
  });

  it("is separate from the organizations of another binding, and invitations never cross", async () => {
    const { id: organizationId } = await create();
    await ada.client.organizations.invitations.create.mutate({ organizationId, email: bob.email, role: "member" });
    const invitationId = await invitationTo(organizationId, bob);
    const client = openBrowser().client("batch", "/other");
    const { user } = await client.auth.signup.mutate({ email: bob.email, password });
    // That app sends no mails, so nobody could verify the address.
    await runInDurableObject(env.OTHER_DO.getByName(`user:${user.id}`), (_instance, { storage }) => {
      storage.sql.exec("UPDATE _account SET email_verified = 1");
    });
    expect((await client.auth.me.query()).user.emailVerified).toBe(true);
    expect(await client.organizations.list.query()).toEqual([]);
    expect(await codeOf(client.organizations.invitations.accept.mutate({ invitationId }))).toBe("NOT_FOUND");
    expect(await codeOf(client.projects.list.query({ organizationId }))).toBe("FORBIDDEN");
  });

  it("has procedures that name the organization in which they run", async () => {
    const { id: organizationId } = await create();
    const object = env.BLOG_DO.getByName(organizationName(organizationId)) as unknown as ObjectStub;
    const [reply] = await object.trpc({ type: "user", userId: ada.user.id, via: "rpc" }, [
      { path: "projects.list", type: "query", input: { organizationId: unknownId } },
    ]);
    expect(reply).toMatchObject({ ok: false, error: { data: { code: "FORBIDDEN" } } });
  });
});
