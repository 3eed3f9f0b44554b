import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createCaller } from "../../../src/worker/create-caller.js";
import { slow, type AppRouter } from "../../fixtures/app/router.js";
import { codeOf } from "../../fixtures/error-code.js";
import { join, listed, signUpVerified, type Person } from "../../fixtures/organizations.js";

let ada: Person;
let bob: Person;
let eve: Person;
let dan: Person;
let organizationId: string;

beforeAll(async () => {
  [ada, bob, eve, dan] = await Promise.all([signUpVerified(), signUpVerified(), signUpVerified(), signUpVerified()]);
});

/** Ada is the owner, Bob an administrator, Eve a member, and Dan a stranger. */
beforeEach(async () => {
  organizationId = (await ada.client.organizations.create.mutate({ name: "Acme" })).id;
  await Promise.all([
    join(organizationId, { by: ada, who: bob, role: "admin" }),
    join(organizationId, { by: ada, who: eve, role: "member" }),
  ]);
});

afterAll(() => slow.go.resolve());

type Role = "owner" | "admin" | "editor" | "member";
const setRole = (by: Person, who: Person, role: Role) =>
  by.client.organizations.members.setRole.mutate({ organizationId, userId: who.user.id, role });
const remove = (by: Person, who: Person) =>
  by.client.organizations.members.remove.mutate({ organizationId, userId: who.user.id });
const codesOf = (calls: readonly Promise<unknown>[]) => Promise.all(calls.map(codeOf));
const leave = (who: Person) => who.client.organizations.leave.mutate({ organizationId });
const rolesOf = async (by = ada) =>
  Object.fromEntries(
    (await by.client.organizations.members.list.query({ organizationId })).map(({ email, role }) => [email, role]),
  );

describe("roles", () => {
  it("permit different actions to an owner, an administrator and a member", async () => {
    const { invitations, members, update } = bob.client.organizations;
    expect(await codeOf(bob.client.projects.create.mutate({ organizationId, name: "x" }))).toBe("none");
    expect(await codeOf(invitations.list.query({ organizationId }))).toBe("none");
    expect(await codeOf(update.mutate({ organizationId, name: "Renamed" }))).toBe("none");
    expect(await codeOf(bob.client.organizations.delete.mutate({ organizationId }))).toBe("FORBIDDEN");
    expect(await codeOf(bob.client.organizations.transfer.mutate({ organizationId, userId: bob.user.id }))).toBe(
      "FORBIDDEN",
    );
    expect(await codeOf(eve.client.projects.list.query({ organizationId }))).toBe("none");
    expect(await codeOf(eve.client.organizations.members.list.query({ organizationId }))).toBe("none");
    for (const code of await codesOf([
      eve.client.projects.create.mutate({ organizationId, name: "x" }),
      eve.client.organizations.invitations.list.query({ organizationId }),
      eve.client.organizations.invitations.create.mutate({ organizationId, email: dan.email, role: "member" }),
      eve.client.organizations.update.mutate({ organizationId, name: "Mine" }),
      setRole(eve, eve, "admin"),
      remove(eve, bob),
    ]))
      expect(code).toBe("FORBIDDEN");
    expect(await codeOf(members.list.query({ organizationId }))).toBe("none");
    const roles = await eve.client.organizations.roles.list.query({ organizationId });
    expect(roles.map(({ name }) => name)).toEqual(["owner", "admin", "editor", "member"]);
    expect(roles[2]?.permissions).toEqual(["project:write", "project:read"]);
  });

  it("can require any or all of several permissions", async () => {
    const { id } = await ada.client.projects.create.mutate({ organizationId, name: "x" });
    await setRole(ada, eve, "editor");
    expect(await codeOf(eve.client.projects.count.query({ organizationId }))).toBe("none");
    expect(await codeOf(eve.client.projects.delete.mutate({ organizationId, id }))).toBe("FORBIDDEN");
    expect(await codeOf(bob.client.projects.delete.mutate({ organizationId, id }))).toBe("none");
    await setRole(ada, eve, "member");
    expect(await codeOf(eve.client.projects.count.query({ organizationId }))).toBe("FORBIDDEN");
  });

  it("take effect on the next call of a session when they change", async () => {
    expect(await setRole(bob, eve, "editor")).toMatchObject({ userId: eve.user.id, role: "editor" });
    expect(await codeOf(eve.client.projects.create.mutate({ organizationId, name: "x" }))).toBe("none");
    expect((await listed(eve)).get(organizationId)?.role).toBe("editor");
    await setRole(bob, eve, "member");
    expect(await codeOf(eve.client.projects.create.mutate({ organizationId, name: "x" }))).toBe("FORBIDDEN");
  });

  it("cannot be assigned or removed at or above the caller's own", async () => {
    await setRole(ada, eve, "admin");
    for (const code of await codesOf([
      setRole(bob, bob, "owner"),
      setRole(bob, bob, "editor"),
      setRole(bob, eve, "member"),
      setRole(bob, ada, "member"),
      remove(bob, eve),
      remove(bob, ada),
    ]))
      expect(code).toBe("FORBIDDEN");
    await setRole(ada, eve, "member");
    for (const role of ["admin", "owner"] as const) {
      expect(await codeOf(setRole(bob, eve, role))).toBe("FORBIDDEN");
      expect(
        await codeOf(bob.client.organizations.invitations.create.mutate({ organizationId, email: dan.email, role })),
      ).toBe("FORBIDDEN");
    }
    expect(await rolesOf()).toEqual({ [ada.email]: "owner", [bob.email]: "admin", [eve.email]: "member" });
  });

  it.each(["king", "OWNER", "admin,owner", "", "__proto__", ["owner"], 1, null])("do not include %j", async (role) => {
    expect(await codeOf(setRole(ada, eve, role as Role))).toBe("BAD_REQUEST");
    expect((await rolesOf())[eve.email]).toBe("member");
  });
});

describe("the last owner", () => {
  it("cannot leave, be removed or be demoted", async () => {
    for (const code of await codesOf([leave(ada), setRole(ada, ada, "admin"), remove(ada, ada)]))
      expect(code).toBe("CONFLICT");
    expect((await rolesOf())[ada.email]).toBe("owner");
  });

  it("cannot be demoted when two owners demote each other at once", async () => {
    await setRole(ada, bob, "owner");
    const codes = await Promise.all([codeOf(setRole(ada, bob, "member")), codeOf(setRole(bob, ada, "member"))]);
    expect(codes.toSorted()).toEqual(["FORBIDDEN", "none"]);
    expect(Object.values(await rolesOf()).filter((role) => role === "owner")).toHaveLength(1);
  });

  it("is still an owner after twenty concurrent calls that would leave none", async () => {
    await setRole(ada, bob, "owner");
    const tries = [() => leave(ada), () => leave(bob), () => setRole(ada, ada, "member"), () => remove(bob, bob)];
    const codes = await Promise.all(Array.from({ length: 20 }, (_each, index) => codeOf(tries[index % 4]!())));
    expect(codes.filter((code) => code === "none")).toHaveLength(1);
    const left = await rolesOf(eve);
    expect(Object.values(left).filter((role) => role === "owner")).toHaveLength(1);
  });

  it("can transfer the organization and becomes an administrator", async () => {
    const transfer = () => ada.client.organizations.transfer.mutate({ organizationId, userId: eve.user.id });
    expect(await codeOf(ada.client.organizations.transfer.mutate({ organizationId, userId: dan.user.id }))).toBe(
      "NOT_FOUND",
    );
    await transfer();
    expect(await rolesOf()).toEqual({ [ada.email]: "admin", [bob.email]: "admin", [eve.email]: "owner" });
    expect(await codeOf(transfer())).toBe("FORBIDDEN");
    expect((await listed(eve)).get(organizationId)?.role).toBe("owner");
    expect((await listed(ada)).get(organizationId)?.role).toBe("admin");
  });
});

describe("the end of a membership", () => {
  it("ends the access of a removed member by user id, and deletes the entry in their list", async () => {
    await codeOf(eve.client.projects.list.query({ organizationId }));
    await remove(bob, eve);
    expect(await codeOf(eve.client.projects.list.query({ organizationId }))).toBe("FORBIDDEN");
    await expect(
      createCaller<AppRouter>(env.BLOG_DO).asUser({ userId: eve.user.id }).projects.list({ organizationId }),
    ).rejects.toThrow("You are not a member");
    expect((await listed(eve)).has(organizationId)).toBe(false);
    expect(await codeOf(remove(bob, eve))).toBe("NOT_FOUND");
    expect(await codeOf(bob.client.organizations.members.remove.mutate({ organizationId, userId: eve.email }))).toBe(
      "NOT_FOUND",
    );
    expect(await rolesOf()).toEqual({ [ada.email]: "owner", [bob.email]: "admin" });
  });

  it("is possible by the member, who can be invited again", async () => {
    await leave(eve);
    expect(await codeOf(leave(eve))).toBe("FORBIDDEN");
    expect((await listed(eve)).has(organizationId)).toBe(false);
    await join(organizationId, { by: bob, who: eve, role: "editor" });
    expect((await rolesOf())[eve.email]).toBe("editor");
  });

  it("prevents writes of a call that was under way when its caller was removed or demoted", async () => {
    for (const end of [() => setRole(ada, bob, "member"), () => remove(ada, bob)]) {
      slow.came = Promise.withResolvers();
      slow.go = Promise.withResolvers();
      const call = codeOf(bob.client.projects.createSlowly.mutate({ organizationId, name: "too late" }));
      await slow.came.promise;
      await end();
      slow.go.resolve();
      expect(await call).toBe("FORBIDDEN");
      if (end.toString().includes("setRole")) await setRole(ada, bob, "admin");
    }
    expect(await ada.client.projects.list.query({ organizationId })).toEqual([]);
  });
});
