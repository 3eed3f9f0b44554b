import { beforeAll, describe, expect, it } from "vitest";
import { signUp } from "../../fixtures/browser.js";
import { codeOf } from "../../fixtures/error-code.js";
import { assignRole, freshRole, reason, signUpWith, type Operator } from "../../fixtures/operators.js";
import { signUpVerified } from "../../fixtures/organizations.js";

const denied = { data: { code: "FORBIDDEN", reason: "MISSING_PERMISSION" } };

describe("a user who may manage and assign roles, but does not have every permission", () => {
  let eve: Operator;
  let ada: Operator;
  /** A role with a permission that Eve does not have. */
  const strong = freshRole();
  const weak = freshRole();
  beforeAll(async () => {
    const root = await signUpWith("superadmin");
    [eve, ada] = [await signUpWith("assigner"), await signUp()];
    await root.client.admin.roles.create.mutate({ name: strong, permissions: ["user:delete"] });
    await root.client.admin.roles.create.mutate({ name: weak, permissions: ["post:moderate"] });
  });

  it("cannot assign a role with a permission that they lack, to anybody", async () => {
    for (const role of ["superadmin", "editor", "support", strong]) {
      for (const userId of [eve.user.id, ada.user.id])
        await expect(eve.client.admin.roles.assign.mutate({ userId, role, reason })).rejects.toMatchObject(denied);
    }
    expect(await eve.client.guarded.me.query()).toMatchObject({ roles: ["member", "assigner"] });
  });

  it("cannot remove such a role from anybody", async () => {
    const root = await signUpWith("superadmin", "editor");
    for (const role of ["superadmin", "editor"]) {
      const removal = eve.client.admin.roles.unassign.mutate({ userId: root.user.id, role, reason });
      await expect(removal).rejects.toMatchObject(denied);
    }
    expect((await root.client.guarded.me.query()).roles).toEqual(["member", "editor", "superadmin"]);
  });

  it("cannot create, edit, rename or delete a role with such a permission", async () => {
    const { roles } = eve.client.admin;
    await expect(roles.create.mutate({ name: freshRole(), permissions: ["user:delete"] })).rejects.toMatchObject(
      denied,
    );
    await expect(roles.update.mutate({ name: weak, permissions: ["user:delete"] })).rejects.toMatchObject(denied);
    await expect(roles.update.mutate({ name: strong, permissions: [] })).rejects.toMatchObject(denied);
    await expect(roles.update.mutate({ name: strong, newName: freshRole() })).rejects.toMatchObject(denied);
    await expect(roles.delete.mutate({ name: strong })).rejects.toMatchObject(denied);
  });

  it("can do all of it with the permissions that they have", async () => {
    const { roles } = eve.client.admin;
    const name = freshRole();
    await roles.create.mutate({ name, permissions: ["post:moderate"] });
    await roles.assign.mutate({ userId: ada.user.id, role: name, reason });
    expect(await ada.client.guarded.notes.query()).toBe(0);
    await roles.update.mutate({ name, permissions: [] });
    expect(await codeOf(ada.client.guarded.notes.query())).toBe("FORBIDDEN");
    await roles.unassign.mutate({ userId: ada.user.id, role: name, reason });
    await roles.delete.mutate({ name });
  });

  it("cannot do anything after they lost the role, with a role that they created", async () => {
    const mallory = await signUpWith("assigner");
    const name = freshRole();
    const { roles } = mallory.client.admin;
    await roles.create.mutate({ name, permissions: ["role:assign", "role:manage"] });
    await roles.assign.mutate({ userId: mallory.user.id, role: name, reason });
    const root = await signUpWith("superadmin");
    await root.client.admin.roles.unassign.mutate({ userId: mallory.user.id, role: "assigner", reason });
    await root.client.admin.roles.delete.mutate({ name });
    expect(await codeOf(roles.assign.mutate({ userId: mallory.user.id, role: name, reason }))).toBe("FORBIDDEN");
  });
});

describe("a user without roles", () => {
  it("cannot call any procedure of admin", async () => {
    const { client, user } = await signUp();
    const { roles, audit } = client.admin;
    const name = freshRole();
    const calls = [
      roles.list.query(),
      roles.create.mutate({ name, permissions: [] }),
      roles.update.mutate({ name, description: "x" }),
      roles.delete.mutate({ name }),
      roles.assign.mutate({ userId: user.id, role: "superadmin", reason }),
      roles.unassign.mutate({ userId: user.id, role: "superadmin", reason }),
      audit.list.query(),
    ];
    for (const result of await Promise.allSettled(calls))
      expect(result).toMatchObject({ status: "rejected", reason: denied });
  });

  it("cannot get a permission through the profile, session data, keys or an organization", async () => {
    const { client, user } = await signUpVerified();
    const forged = { roles: ["superadmin"], permissions: ["user:delete"] };
    expect(await codeOf(client.account.update.mutate({ profile: forged } as never))).toBe("BAD_REQUEST");
    await client.account.update.mutate({ profile: { bag: forged } });
    await client.kv.set.mutate({ key: "roles", value: forged });
    await client.sessions.data.set.mutate(forged as never);
    // The owner of an organization has every permission there, and none in the app.
    const { id: organizationId } = await client.organizations.create.mutate({ name: "superadmin" });
    expect(await codeOf(client.guarded.projects.query({ organizationId }))).toBe("FORBIDDEN");
    expect(await codeOf(client.guarded.announcements.query())).toBe("FORBIDDEN");
    expect(await client.auth.me.query()).toMatchObject({
      user: { id: user.id, roles: ["member"], permissions: ["news:read"] },
    });
  });
});

describe("a superadmin's role", () => {
  it("can only be given by a superadmin, also if another role has every permission", async () => {
    const root = await signUpWith("superadmin");
    const everything = (await root.client.admin.roles.list.query()).items[0]?.permissions ?? [];
    const name = freshRole();
    await root.client.admin.roles.create.mutate({ name, permissions: [...everything] as [] });
    const eve = await signUpWith(name);
    expect(await eve.client.guarded.allOf.query()).toBe("all");
    const promotion = eve.client.admin.roles.assign.mutate({ userId: eve.user.id, role: "superadmin", reason });
    await expect(promotion).rejects.toMatchObject(denied);
    await assignRole(eve, "superadmin");
    await eve.client.admin.roles.assign.mutate({ userId: (await signUp()).user.id, role: "superadmin", reason });
  });
});
