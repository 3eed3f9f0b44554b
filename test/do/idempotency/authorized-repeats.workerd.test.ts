import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import superjson from "superjson";
import { beforeEach, describe, expect, it } from "vitest";
import { signUp, type Browser } from "../../fixtures/browser.js";
import { errorOf, message, type RawReply } from "../../fixtures/keys.js";
import { callAsApp, freshRole, reason, signUpWith, unassignRole } from "../../fixtures/operators.js";
import { join, signUpVerified, type Person } from "../../fixtures/organizations.js";
import { openSocket } from "../../fixtures/socket.js";
import { suspend } from "../operators/operate.js";

const MISSING = { code: "FORBIDDEN", reason: "MISSING_PERMISSION" };

/** Sends a mutation with a key. */
async function post({ browser }: { readonly browser: Browser }, path: string, input: object, key: string) {
  const response = await browser.fetch(`/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(superjson.serialize(input)),
  });
  return { status: response.status, text: await response.text() } satisfies RawReply;
}

/** Sends a mutation that succeeds. Returns the function that repeats it. */
async function postOnce(person: { readonly browser: Browser }, path: string, input: object) {
  const key = crypto.randomUUID();
  const first = await post(person, path, input, key);
  expect(first.status, first.text).toBe(200);
  return { first, key, repeat: () => post(person, path, input, key) };
}

const storedPaths = (name: string) =>
  runInDurableObject(env.BLOG_DO.getByName(name), (_instance, { storage }) =>
    storage.sql
      .exec("SELECT path FROM _idempotency")
      .toArray()
      .map(({ path }) => path),
  );

describe("a repeat in an organization", () => {
  let owner: Person;
  let ada: Person;
  let organizationId: string;

  beforeEach(async () => {
    [owner, ada] = await Promise.all([signUpVerified(), signUpVerified()]);
    organizationId = (await owner.client.organizations.create.mutate({ name: "Acme" })).id;
    await join(organizationId, { by: owner, who: ada, role: "admin" });
  });

  const demote = () =>
    owner.client.organizations.members.setRole.mutate({ organizationId, userId: ada.user.id, role: "member" });

  it.each([
    ["organizations.update", { name: "Umbrella" }],
    ["organizations.invitations.create", { email: "invited@example.com", role: "member" }],
  ])("gets no stored reply after the role has lost the permission: %s", async (path, input) => {
    const { first, repeat } = await postOnce(ada, path, { organizationId, ...input });
    expect(await repeat()).toEqual(first);
    await demote();
    expect(errorOf(await repeat())).toEqual(MISSING);
  });

  it("gets no stored reply over a socket either", async () => {
    const { key } = await postOnce(ada, "organizations.update", { organizationId, name: "Umbrella" });
    await demote();
    const socket = await openSocket(ada.browser, `/trpc?organizationId=${organizationId}`);
    socket.send(message(1, "organizations.update", { organizationId, name: "Umbrella" }, key));
    const [frame] = await socket.until(1);
    expect(frame && errorOf(frame)).toEqual(MISSING);
    socket.socket.close();
  });

  it("gets no stored reply after the membership has ended", async () => {
    const { repeat } = await postOnce(ada, "projects.create", { organizationId, name: "secret" });
    await owner.client.organizations.members.remove.mutate({ organizationId, userId: ada.user.id });
    const reply = await repeat();
    expect(errorOf(reply)).toEqual({ code: "FORBIDDEN", reason: "NOT_A_MEMBER" });
    expect(reply.text).not.toContain("secret");
  });

  it("gets the reply of the call that took the permission from its caller", async () => {
    await join(organizationId, { by: owner, who: await signUpVerified(), role: "owner" });
    const input = { organizationId, userId: owner.user.id, role: "member" };
    const { first, repeat } = await postOnce(owner, "organizations.members.setRole", input);
    expect(await repeat()).toEqual(first);
    await ada.client.organizations.members.remove.mutate({ organizationId, userId: owner.user.id });
    expect(errorOf(await repeat())).toEqual({ code: "FORBIDDEN", reason: "NOT_A_MEMBER" });
  });
});

describe("a repeat by a user with a role in the app", () => {
  it.each([
    ["guarded.addNote", { text: "secret" }],
    ["guarded.announce", { title: "secret" }],
  ])("gets no stored reply after the role was removed: %s", async (path, input) => {
    const ada = await signUpWith("editor");
    const { first, repeat } = await postOnce(ada, path, input);
    expect(await repeat()).toEqual(first);
    await unassignRole(ada, "editor");
    expect(errorOf(await repeat())).toEqual(MISSING);
  });

  it("gets no stored reply of an operator's procedure, and the refusal is recorded", async () => {
    await signUpWith("superadmin");
    const operator = await signUpWith("superadmin");
    const { repeat } = await postOnce(operator, "admin.roles.create", { name: freshRole(), permissions: [] });
    await unassignRole(operator, "superadmin");
    expect(errorOf(await repeat())).toEqual(MISSING);
    const log = await callAsApp("admin.audit.list", { actorId: operator.user.id }, { type: "query" });
    expect(log).toMatchObject({
      items: [{ action: "permission.denied", target: { id: "admin.roles.create" } }, { action: "role.create" }],
    });
  });

  it("gets the reply of the call that took the permission from its caller", async () => {
    await signUpWith("superadmin");
    const operator = await signUpWith("superadmin");
    const input = { userId: operator.user.id, role: "superadmin", reason };
    const { first, repeat } = await postOnce(operator, "admin.roles.unassign", input);
    expect(await repeat()).toEqual(first);
  });
});

describe("a repeat after the caller's access has ended", () => {
  it("gets no stored reply of a session that was revoked, or of a suspended account", async () => {
    const ada = await signUp();
    const { repeat } = await postOnce(ada, "notes.create", { text: "secret" });
    await suspend(ada.user);
    expect(errorOf(await repeat())).toEqual({ code: "FORBIDDEN", reason: "ACCOUNT_SUSPENDED" });
    const bob = await signUp();
    const revoked = await postOnce(bob, "notes.create", { text: "secret" });
    const { cookies } = bob.browser;
    const before = [...cookies];
    await bob.client.auth.logoutEverywhere.mutate();
    for (const [name, value] of before) cookies.set(name, value);
    expect(errorOf(await revoked.repeat()).code).toBe("UNAUTHORIZED");
  });
});

describe("the export of a user's data", () => {
  it("is stored nowhere, and a repeat needs the permission and is audited", async () => {
    await signUpWith("superadmin");
    const [operator, ada] = [await signUpWith("superadmin"), await signUp()];
    const { first, repeat } = await postOnce(operator, "admin.users.export", { userId: ada.user.id, reason });
    expect(first.text).toContain(ada.email);
    expect((await repeat()).status).toBe(200);
    expect(await storedPaths("app:main")).not.toContain("admin.users.export");
    const log = await callAsApp("admin.audit.list", { targetId: ada.user.id }, { type: "query" });
    expect(log).toMatchObject({ items: [{ action: "user.export" }, { action: "user.export" }] });
    await unassignRole(operator, "superadmin");
    const reply = await repeat();
    expect(errorOf(reply)).toEqual(MISSING);
    expect(reply.text).not.toContain(ada.email);
  });

  it("is stored nowhere over a socket of the app's object", async () => {
    const [operator, ada] = [await signUpWith("superadmin"), await signUp()];
    const socket = await openSocket(operator.browser, "/trpc?app");
    socket.send(message(1, "admin.users.export", { userId: ada.user.id, reason }, crypto.randomUUID()));
    const [frame] = await socket.until(1);
    expect(JSON.stringify(frame)).toContain(ada.email);
    expect(await storedPaths("app:main")).not.toContain("admin.users.export");
    socket.socket.close();
  });
});
