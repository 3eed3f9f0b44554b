import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { openBrowser, signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { join, signUpVerified } from "../../fixtures/organizations.js";
import { assignRole, callAsApp, freshRole, signUpWith, unassignRole, type Operator } from "../../fixtures/operators.js";

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
  let ada: Operator;
  beforeAll(async () => {
    ada = await signUpWith("editor");
  });

  it("allows the procedures of the user and of the app to a user with the permission", async () => {
    expect(await ada.client.guarded.notes.query()).toBe(0);
    expect(await ada.client.guarded.addNote.mutate({ text: "One" })).toMatchObject({ text: "One" });
    expect(await ada.client.guarded.announce.mutate({ title: "News" })).toMatchObject({ title: "News" });
  });

  it("allows the procedures of an organization to a member with the permission, and to no other member", async () => {
    const [owner, bob] = await Promise.all([signUpVerified(), signUpVerified()]);
    const { id: organizationId } = await owner.client.organizations.create.mutate({ name: "Acme" });
    await join(organizationId, { by: owner, who: bob, role: "member" });
    expect(await codeOf(owner.client.guarded.projects.query({ organizationId }))).toBe("FORBIDDEN");
    await assignRole(bob, "editor");
    expect(await bob.client.guarded.projects.query({ organizationId })).toBe(0);
    expect(await bob.client.guarded.addProject.mutate({ organizationId, name: "One" })).toMatchObject({ name: "One" });
    // A permission in the app is not a membership.
    expect(await codeOf(ada.client.guarded.projects.query({ organizationId }))).toBe("FORBIDDEN");
  });

  it("requires one or all of several permissions", async () => {
    expect(await ada.client.guarded.anyOf.query()).toBe("any");
    expect(await codeOf(ada.client.guarded.allOf.query())).toBe("FORBIDDEN");
  });

  it("allows everything to a superadmin", async () => {
    const root = await signUpWith("superadmin");
    expect(await root.client.guarded.allOf.query()).toBe("all");
    expect(await root.client.guarded.announcements.query()).toBeGreaterThanOrEqual(0);
    expect((await root.client.guarded.me.query()).roles).toEqual(["member", "superadmin"]);
  });

  it("allows the app itself, and refuses callers without a session", async () => {
    expect(await callAsApp("guarded.announcements", undefined, { type: "query" })).toBeGreaterThanOrEqual(0);
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
      message: expect.stringContaining('"announcement:write"') as string,
      data: { code: "FORBIDDEN", reason: "MISSING_PERMISSION" },
    });
  });
});

describe("admin.roles", () => {
  it("assigns and removes a role for the next call of a live session", async () => {
    const ada = await signUp();
    expect(await assignRole(ada, "editor")).toEqual({ applied: true, pending: 0 });
    expect(await ada.client.guarded.me.query()).toMatchObject({ roles: ["member", "editor"] });
    expect((await ada.client.auth.me.query()).user.permissions).toContain("post:moderate");
    expect(await unassignRole(ada, "editor")).toEqual({ applied: true, pending: 0 });
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
    expect(await codeOf(ada.client.guarded.announcements.query())).toBe("FORBIDDEN");
  });

  it("changes nothing when a call is repeated", async () => {
    const ada = await signUp();
    await assignRole(ada, "editor");
    expect(await assignRole(ada, "editor")).toEqual({ applied: true, pending: 0 });
    await unassignRole(ada, "editor");
    expect(await unassignRole(ada, "editor")).toEqual({ applied: true, pending: 0 });
    const { items } = (await callAsApp("admin.audit.list", { targetId: ada.user.id }, { type: "query" })) as {
      items: { action: string; detail: string }[];
    };
    expect(items.map(({ action, detail }) => [action, detail])).toEqual([
      ["role.unassign", "editor"],
      ["role.assign", "editor"],
    ]);
  });

  it("creates, edits, renames and deletes a role, with effect on its users", async () => {
    const root = await signUpWith("superadmin");
    const { roles } = root.client.admin;
    const [name, newName] = [freshRole(), freshRole()];
    const ada = await signUp();
    expect(await roles.create.mutate({ name, description: "Tests", permissions: ["post:moderate"] })).toEqual({
      name,
      description: "Tests",
      permissions: ["post:moderate"],
      builtin: false,
      members: 0,
    });
    await assignRole(ada, name);
    expect(await ada.client.guarded.notes.query()).toBe(0);
    expect(await roles.update.mutate({ name, permissions: ["announcement:write"] })).toEqual({
      applied: true,
      pending: 0,
    });
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
    expect(await codeOf(ada.client.guarded.announcements.query())).toBe("none");
    await roles.update.mutate({ name, newName });
    expect(await ada.client.guarded.me.query()).toEqual({
      roles: ["member", newName],
      permissions: ["news:read", "announcement:write"],
    });
    const { items } = await roles.list.query({ limit: 100 });
    expect(items.find((each) => each.name === newName)).toMatchObject({ members: 1, builtin: false });
    await roles.delete.mutate({ name: newName });
    expect(await ada.client.guarded.me.query()).toEqual({ roles: ["member"], permissions: ["news:read"] });
    expect(await codeOf(ada.client.guarded.announcements.query())).toBe("FORBIDDEN");
  });

  it("lists the declared roles and then the others, page by page", async () => {
    const { roles } = (await signUpWith("superadmin")).client.admin;
    const name = freshRole();
    await roles.create.mutate({ name, permissions: [] });
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof roles.list.query>> = await roles.list.query({ limit: 2, cursor });
      expect(page.items.length).toBeLessThanOrEqual(2);
      names.push(...page.items.map((role) => role.name));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(names.slice(0, 5)).toEqual(["superadmin", "editor", "support", "assigner", "member"]);
    expect(names).toContain(name);
    expect(new Set(names).size).toBe(names.length);
    expect(await codeOf(roles.list.query({ cursor: "made-up" }))).toBe("BAD_REQUEST");
  });

  it("refuses names and permissions that are not valid, and names that are taken", async () => {
    const { roles } = (await signUpWith("superadmin")).client.admin;
    const name = freshRole();
    await roles.create.mutate({ name, permissions: [] });
    for (const invalid of ["a", "a".repeat(51), "with space", "ä-role", ""])
      expect(await codeOf(roles.create.mutate({ name: invalid, permissions: [] }))).toBe("BAD_REQUEST");
    for (const taken of [name, name.toUpperCase(), "superadmin", "SuperAdmin", "member", "editor"]) {
      await expect(roles.create.mutate({ name: taken, permissions: [] })).rejects.toMatchObject({
        data: { code: "CONFLICT", reason: "ROLE_TAKEN" },
      });
    }
    const undeclared = ["post:destroy"] as unknown as ["post:moderate"];
    expect(await codeOf(roles.create.mutate({ name: freshRole(), permissions: undeclared }))).toBe("BAD_REQUEST");
    for (const builtin of ["superadmin", "member", "editor"]) {
      await expect(roles.delete.mutate({ name: builtin })).rejects.toMatchObject({
        data: { code: "BAD_REQUEST", reason: "ROLE_BUILT_IN" },
      });
      expect(await codeOf(roles.update.mutate({ name: builtin, permissions: [] }))).toBe("BAD_REQUEST");
    }
    expect(await codeOf(roles.delete.mutate({ name: freshRole() }))).toBe("NOT_FOUND");
  });

  it("refuses roles and users that do not exist, and initializes no object", async () => {
    const [root, ada] = [await signUpWith("superadmin"), await signUp()];
    const { roles } = root.client.admin;
    const reason = "A test.";
    await expect(roles.assign.mutate({ userId: ada.user.id, role: "made-up", reason })).rejects.toMatchObject({
      data: { code: "NOT_FOUND", reason: "ROLE_NOT_FOUND" },
    });
    const userId = crypto.randomUUID();
    await expect(roles.assign.mutate({ userId, role: "editor", reason })).rejects.toMatchObject({
      data: { code: "NOT_FOUND", reason: "USER_NOT_FOUND" },
    });
    expect(await codeOf(roles.assign.mutate({ userId: "not an id", role: "editor", reason }))).toBe("BAD_REQUEST");
    expect(await codeOf(roles.assign.mutate({ userId: ada.user.id, role: "editor", reason: " " }))).toBe("BAD_REQUEST");
  });
});

describe("a user with a role that the code no longer declares", () => {
  it.each(["create", "update"] as const)("does not get a new role of that name, in any case, by %s", async (action) => {
    const [ada, former] = [await signUp(), freshRole()];
    await callAsApp("admin.roles.list", {}, { type: "query" });
    await runInDurableObject(env.BLOG_DO.getByName("app:main"), (_instance, { storage }) => {
      storage.sql.exec("INSERT INTO _app_role_users (role, user_id) VALUES (?, ?)", former, ada.user.id);
    });
    const [name, permissions] = [former.toUpperCase(), ["post:moderate"]];
    if (action === "create") await callAsApp("admin.roles.create", { name, permissions });
    else {
      const before = freshRole();
      await callAsApp("admin.roles.create", { name: before, permissions });
      await callAsApp("admin.roles.update", { name: before, newName: name });
    }
    expect((await ada.client.guarded.me.query()).roles).toEqual(["member"]);
    expect(await callAsApp("admin.roles.list", { limit: 100 }, { type: "query" })).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ name, members: 0 })]),
    });
  });
});
