import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { unreachable } from "../../fixtures/app/unreachable.js";
import { signUpEditor } from "../../fixtures/editor.js";
import { codeOf } from "../../fixtures/error-code.js";
import { moveClock } from "../../fixtures/move-clock.js";
import { assignRole, freshRole, signUpWith, unassignRole } from "../../fixtures/operators.js";
import { organizationName, type Person } from "../../fixtures/organizations.js";

const LEASE = 5 * 60_000;

let ada: Person;
let owner: Person;
let organizationId: string;

beforeEach(async () => {
  ({ ada, owner, organizationId } = await signUpEditor());
});

afterEach(() => {
  unreachable.clear();
  vi.useRealTimers();
});

const unapplied = { applied: false, pending: 1 };

describe("a role that is removed while the user's object cannot be reached", () => {
  it("is reported as not applied, and ends in the user's object after five minutes", async () => {
    await ada.client.guarded.announcements.query();
    unreachable.add(`user:${ada.user.id}`);
    expect(await unassignRole(ada, "editor")).toEqual(unapplied);
    expect(await ada.client.guarded.notes.query()).toBe(0);
    // The app's object is the authority.
    expect(await codeOf(ada.client.guarded.announcements.query())).toBe("FORBIDDEN");
    moveClock(LEASE);
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
  });

  it("is applied by a repeated call as soon as the object can be reached", async () => {
    unreachable.add(`user:${ada.user.id}`);
    expect(await unassignRole(ada, "editor")).toEqual(unapplied);
    unreachable.clear();
    expect(await unassignRole(ada, "editor")).toEqual({ applied: true, pending: 0 });
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
  });
});

describe("a role that is removed while an organization cannot be reached", () => {
  it("is reported as not applied, and ends in the organization after five minutes", async () => {
    expect(await ada.client.guarded.projects.query({ organizationId })).toBe(0);
    unreachable.add(organizationName(organizationId));
    expect(await unassignRole(ada, "editor")).toEqual(unapplied);
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
    expect(await ada.client.guarded.projects.query({ organizationId })).toBe(0);
    moveClock(LEASE);
    expect(await codeOf(ada.client.guarded.projects.query({ organizationId }))).toBe("FORBIDDEN");
  });
});

describe("a user with roles while the app's object cannot be reached", () => {
  it("keeps the permissions for five minutes, and then has only those of every user", async () => {
    await ada.client.guarded.notes.query();
    unreachable.add("app:main");
    expect(await ada.client.guarded.notes.query()).toBe(0);
    moveClock(LEASE);
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
    expect(await ada.client.guarded.news.query()).toBe("news");
    expect(await ada.client.guarded.me.query()).toEqual({ roles: ["member"], permissions: ["news:read"] });
    expect(await codeOf(ada.client.guarded.projects.query({ organizationId }))).toBe("FORBIDDEN");
    unreachable.clear();
    moveClock(LEASE + 11_000);
    expect(await ada.client.guarded.notes.query()).toBe(0);
    expect(await ada.client.guarded.projects.query({ organizationId })).toBe(0);
  });
});

describe("an edited role", () => {
  it("counts the users whom the change has not reached", async () => {
    const root = await signUpWith("superadmin");
    const { roles } = root.client.admin;
    const name = freshRole();
    await roles.create.mutate({ name, permissions: ["post:moderate"] });
    for (const person of [ada, owner]) await assignRole(person, name);
    unreachable.add(`user:${owner.user.id}`);
    expect(await roles.update.mutate({ name, permissions: [] })).toEqual(unapplied);
    unreachable.clear();
    expect(await roles.delete.mutate({ name })).toMatchObject({ pending: expect.any(Number) as number });
    await vi.waitFor(async () => expect((await owner.client.guarded.me.query()).roles).toEqual(["member"]), 10_000);
  });
});

describe("a role for a user whose object cannot be reached", () => {
  it("is removed again if the user turns out not to exist", async () => {
    const userId = crypto.randomUUID();
    unreachable.add(`user:${userId}`);
    expect(await assignRole({ user: { id: userId } } as never, "editor")).toEqual(unapplied);
    unreachable.clear();
    await expect(assignRole({ user: { id: userId } } as never, "editor")).rejects.toMatchObject({
      data: { reason: "USER_NOT_FOUND" },
    });
  });
});
