import { env } from "cloudflare:workers";
import { createCaller } from "trpc-userdo/worker";
import { beforeEach, describe, expect, it } from "vitest";
import { randomId } from "../../../src/shared/random-id.js";
import type { AppRouter } from "../../fixtures/app/router.js";
import { freshEmail, password, signUp } from "../../fixtures/browser.js";
import { listed, signUpVerified, type Person } from "../../fixtures/organizations.js";
import { refusalOf, suspend } from "../operators/operate.js";

const system = createCaller<AppRouter>(env.BLOG_DO).asSystem();
let ada: Person;
let organizationId: string;

beforeEach(async () => {
  ada = await signUpVerified();
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
});

const add = (userId: string, role: "owner" | "admin" | "editor" | "member" = "member") =>
  system.organizations.members.add({ organizationId, userId, role });
const membersOf = () => ada.client.organizations.members.list.query({ organizationId });

describe("organizations.members.add", () => {
  it("adds a user without an invitation, who finds the organization at once", async () => {
    const bob = await signUp();
    const added = await add(bob.user.id, "editor");
    expect(added).toMatchObject({ userId: bob.user.id, email: bob.email, role: "editor" });
    expect((await listed(bob)).get(organizationId)).toMatchObject({ status: "member", role: "editor", name: "Acme" });
    await bob.client.projects.create.mutate({ organizationId, name: "Engine" });
    expect(await membersOf()).toHaveLength(2);
    const { items } = await ada.client.organizations.audit.list.query({ organizationId, action: "member.add" });
    expect(items).toMatchObject([
      { actor: { type: "system" }, target: { id: bob.user.id }, detail: "editor", outcome: "ok" },
    ]);
  });

  it("keeps the time at which the user joined another system", async () => {
    const bob = await signUp();
    const joinedAt = new Date("2021-03-04T05:06:07.890Z");
    await system.organizations.members.add({ organizationId, userId: bob.user.id, role: "member", joinedAt });
    expect((await listed(bob)).get(organizationId)).toMatchObject({ joinedAt });
  });

  it("returns the same for a repeated call, and refuses another role", async () => {
    const bob = await signUp();
    const first = await add(bob.user.id);
    expect(await Promise.all([add(bob.user.id), add(bob.user.id)])).toEqual([first, first]);
    expect(await refusalOf(add(bob.user.id, "admin"))).toBe("CONFLICT ALREADY_MEMBER");
    expect((await listed(bob)).get(organizationId)).toMatchObject({ role: "member" });
  });

  it("deletes the invitation of a verified user", async () => {
    const bob = await signUpVerified();
    await ada.client.organizations.invitations.create.mutate({ organizationId, email: bob.email, role: "admin" });
    await add(bob.user.id);
    expect(await ada.client.organizations.invitations.list.query({ organizationId })).toEqual([]);
    await expect.poll(async () => [...(await listed(bob)).values()]).toMatchObject([{ status: "member" }]);
  });

  it("keeps the invitation to an address that the user has not verified", async () => {
    const bob = await signUp();
    await ada.client.organizations.invitations.create.mutate({ organizationId, email: bob.email, role: "admin" });
    await add(bob.user.id);
    expect(await ada.client.organizations.invitations.list.query({ organizationId })).toHaveLength(1);
  });

  it("adds a suspended user, who stays refused", async () => {
    const bob = await signUp();
    await suspend(bob.user);
    await add(bob.user.id);
    const asBob = createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: bob.user.id });
    await expect.poll(() => refusalOf(asBob.projects.list({ organizationId }))).toBe("FORBIDDEN ACCOUNT_SUSPENDED");
  });

  it("is forgotten with the account", async () => {
    const bob = await signUp();
    await add(bob.user.id);
    await bob.client.account.delete.mutate({ password });
    await expect.poll(async () => (await membersOf()).map(({ userId }) => userId)).toEqual([ada.user.id]);
  });

  it("refuses users, roles and organizations that do not exist", async () => {
    const bob = await signUp();
    expect(await refusalOf(add(randomId()))).toBe("NOT_FOUND USER_NOT_FOUND");
    expect(await refusalOf(add(bob.user.id, "king" as never))).toMatch(/^BAD_REQUEST/);
    expect(await refusalOf(add("user:x"))).toMatch(/^BAD_REQUEST/);
    const elsewhere = { organizationId: randomId(), userId: bob.user.id, role: "member" as const };
    expect(await refusalOf(system.organizations.members.add(elsewhere))).toBe("FORBIDDEN NOT_A_MEMBER");
    const future = {
      organizationId,
      userId: bob.user.id,
      role: "member" as const,
      joinedAt: new Date(Date.now() + 1e9),
    };
    expect(await refusalOf(system.organizations.members.add(future))).toBe("BAD_REQUEST DATE_IN_FUTURE");
    expect(await membersOf()).toHaveLength(1);
  });

  it("adds users whom the app itself created", async () => {
    const { userId } = await system.admin.users.create({ email: freshEmail(), emailVerified: false });
    expect(await add(userId, "owner")).toMatchObject({ role: "owner" });
  });
});
