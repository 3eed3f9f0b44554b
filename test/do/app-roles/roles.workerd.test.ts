import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { createCaller } from "../../../src/worker/create-caller.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { openBrowser, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";

type Person = Awaited<ReturnType<typeof signUp>>;

const app = createCaller<AppRouter>(env.BLOG_DO).asSystem();
const reason = "A test.";

const assign = (to: Pick<Person, "user">, role: string) => app.admin.roles.assign({ userId: to.user.id, role, reason });
const unassign = (from: Pick<Person, "user">, role: string) =>
  app.admin.roles.unassign({ userId: from.user.id, role, reason });

async function signUpWith(...roles: string[]): Promise<Person> {
  const person = await signUp();
  for (const role of roles) await assign(person, role);
  return person;
}

const freshRole = (): string => `role-${crypto.randomUUID().slice(0, 8)}`;

describe("a new user", () => {
  it("is a member, with the permissions that every user has", async () => {
    const ada = await signUp();
    expect(ada.user).toMatchObject({ roles: ["member"], permissions: ["news:read"] });
    expect(await ada.client.guarded.me.query()).toEqual({ roles: ["member"], permissions: ["news:read"] });
    expect(await ada.client.guarded.news.query()).toBe("news");
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
  });
});

describe("t.appCan", () => {
  let ada: Person;
  beforeAll(async () => {
    ada = await signUpWith("editor");
  });

  it("lets a user with the permission call procedures of the user and of the app", async () => {
    expect(await ada.client.guarded.notes.query()).toBe(0);
    expect(await ada.client.guarded.addNote.mutate({ text: "One" })).toMatchObject({ text: "One" });
    expect(await ada.client.guarded.announce.mutate({ title: "News" })).toMatchObject({ title: "News" });
  });

  it("requires one or all of several permissions", async () => {
    expect(await ada.client.guarded.anyOf.query()).toBe("any");
    expect(await codeOf(ada.client.guarded.allOf.query())).toBe("FORBIDDEN");
  });

  it("lets the app itself, and refuses callers without a session", async () => {
    expect(await app.guarded.announcements()).toBeGreaterThanOrEqual(0);
    expect(await codeOf(openBrowser().client().guarded.announcements.query())).toBe("UNAUTHORIZED");
    expect(await codeOf(openBrowser().client().guarded.notes.query())).toBe("UNAUTHORIZED");
  });

  it("refuses a procedure that runs in the Worker, which does not know the caller's roles", async () => {
    await expect(ada.client.guarded.anywhere.query()).rejects.toMatchObject({
      data: { code: "FORBIDDEN", reason: "WRONG_OBJECT" },
    });
  });

  it("names the missing permission", async () => {
    const bob = await signUp();
    await expect(bob.client.guarded.announce.mutate({ title: "x" })).rejects.toMatchObject({
      message: expect.stringContaining('"announcement:write"'),
      data: { code: "FORBIDDEN", reason: "MISSING_PERMISSION" },
    });
  });
});

describe("admin.roles", () => {
  it("assigns and removes a role for the next call of a live session", async () => {
    const ada = await signUp();
    expect(await assign(ada, "editor")).toEqual({ applied: true, pending: 0 });
    expect(await ada.client.guarded.me.query()).toMatchObject({ roles: ["member", "editor"] });
    expect((await ada.client.auth.me.query()).user.permissions).toContain("post:moderate");
    expect(await unassign(ada, "editor")).toEqual({ applied: true, pending: 0 });
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
    expect(await codeOf(ada.client.guarded.announcements.query())).toBe("FORBIDDEN");
  });

  it("changes nothing when a call is repeated", async () => {
    const ada = await signUp();
    await assign(ada, "editor");
    const { items } = await app.admin.audit.list({ targetId: ada.user.id });
    expect(await assign(ada, "editor")).toEqual({ applied: true, pending: 0 });
    await unassign(ada, "editor");
    expect(await unassign(ada, "editor")).toEqual({ applied: true, pending: 0 });
    const after = (await app.admin.audit.list({ targetId: ada.user.id })).items;
    expect(items.map(({ action }) => action)).toEqual(["role.assign"]);
    expect(after.map(({ action, detail }) => [action, detail])).toEqual([
      ["role.unassign", "editor"],
      ["role.assign", "editor"],
    ]);
  });

  it("creates, edits, renames and deletes a role, with effect on its users", async () => {
    const [name, newName] = [freshRole(), freshRole()];
    const ada = await signUp();
    expect(await app.admin.roles.create({ name, description: "Tests", permissions: ["post:moderate"] })).toEqual({
      name,
      description: "Tests",
      permissions: ["post:moderate"],
      builtin: false,
      members: 0,
    });
    await assign(ada, name);
    expect(await ada.client.guarded.notes.query()).toBe(0);
    expect(await app.admin.roles.update({ name, permissions: ["announcement:write"] })).toEqual({
      applied: true,
      pending: 0,
    });
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
    expect(await codeOf(ada.client.guarded.announcements.query())).toBe("none");
    await app.admin.roles.update({ name, newName });
    expect(await ada.client.guarded.me.query()).toEqual({
      roles: ["member", newName],
      permissions: ["news:read", "announcement:write"],
    });
    const { items } = await app.admin.roles.list({ limit: 100 });
    expect(items.find((each) => each.name === newName)).toMatchObject({ members: 1, builtin: false });
    await app.admin.roles.delete({ name: newName });
    expect(await ada.client.guarded.me.query()).toEqual({ roles: ["member"], permissions: ["news:read"] });
    expect(await codeOf(ada.client.guarded.announcements.query())).toBe("FORBIDDEN");
  });
});
