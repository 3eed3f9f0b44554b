import { initUserDO } from "trpc-userdo/router";
import { describe, expect, it, vi } from "vitest";
import { appCan } from "../../../src/router/app-roles/app-can.js";
import { operatorPermissions, type AppRoleDefinitions } from "../../../src/router/app-roles/app-role-definitions.js";
import { createAppRolePolicy } from "../../../src/router/app-roles/app-role-policy.js";
import { meetsRequirement, type Requirement } from "../../../src/router/requirement.js";
import type { AssignedRole } from "../../../src/shared/app-roles.js";

const policy = createAppRolePolicy({
  superadmin: ["billing"],
  admin: ["user:read", "write"],
  support: ["user:read"],
  member: ["read"],
});

describe("the roles of an app", () => {
  it.each<[AssignedRole[], string[], string[]]>([
    [[], ["member"], ["read"]],
    [[{ name: "support" }], ["member", "support"], ["read", "user:read"]],
    [
      [{ name: "support" }, { name: "admin" }],
      ["member", "support", "admin"],
      ["read", "user:read", "write"],
    ],
    [[{ name: "member" }], ["member"], ["read"]],
    // Created at run time.
    [[{ name: "writer", permissions: ["write"] }], ["member", "writer"], ["read", "write"]],
    // The code no longer declares the permission, or the role.
    [[{ name: "writer", permissions: ["write", "former"] }], ["member", "writer"], ["read", "write"]],
    [[{ name: "former" }], ["member"], ["read"]],
    // A declared role replaces one of the same name that was created at run time.
    [[{ name: "support", permissions: ["billing"] }], ["member", "support"], ["read", "user:read"]],
    [[{ name: "__proto__" }, { name: "constructor" }], ["member"], ["read"]],
  ])("give a user with %j the roles %j and the permissions %j", (assigned, roles, permissions) => {
    expect(policy.accessOf(assigned)).toEqual({ roles, permissions });
  });

  it("give a superadmin every permission that is declared, and no other", () => {
    const { permissions } = policy.accessOf([{ name: "superadmin" }]);
    expect(permissions.toSorted()).toEqual(
      [...new Set(["billing", "user:read", "write", "read", ...operatorPermissions])].toSorted(),
    );
    expect(createAppRolePolicy({}).accessOf([{ name: "superadmin" }]).permissions).toEqual(
      expect.arrayContaining([...operatorPermissions]),
    );
    expect(createAppRolePolicy({}).accessOf([]).permissions).toEqual([]);
  });

  it.each<[Requirement, boolean]>([
    ["read", true],
    ["write", false],
    [{ any: ["write", "read"] }, true],
    [{ any: ["write", "billing"] }, false],
    [{ all: ["read", "user:read"] }, true],
    [{ all: ["read", "write"] }, false],
    [{ any: [] } as unknown as Requirement, false],
    [{ all: [] } as unknown as Requirement, false],
  ])("meet the requirement %j: %s", (requirement, isMet) => {
    expect(meetsRequirement(new Set(["read", "user:read"]), requirement)).toBe(isMet);
  });

  it.each<[AppRoleDefinitions, string]>([
    [{ a: [] }, "not a valid name"],
    [{ "with space": [] }, "not a valid name"],
    [{ ["x".repeat(51)]: [] }, "not a valid name"],
    [{ admin: [""] }, "is empty"],
    [{ admin: [1] as unknown as string[] }, "not a string"],
    [{ admin: "user:read" as unknown as string[] }, "not a list"],
    [{ admin: [], Admin: [] }, "Two roles"],
    [{ SuperAdmin: [] }, "built-in"],
  ])("are rejected when they are not valid: %j", (definitions, message) => {
    expect(() => initUserDO({ appRoles: definitions })).toThrow(message);
  });

  it("are rejected when the option is not an object", () => {
    expect(() => initUserDO({ appRoles: ["admin"] as never })).toThrow("appRoles is not an object");
  });
});

describe("t.appCan", () => {
  it("rejects permissions that no role declares, and empty lists, when the app starts", () => {
    const t = initUserDO({ appRoles: { admin: ["write"] } });
    expect(() => t.appCan("wirte" as "write")).toThrow('"wirte"');
    expect(() => t.appCan({ all: ["write", "read" as "write"] })).toThrow('"read"');
    expect(() => t.appCan({ any: [] as never })).toThrow("at least one");
    expect(() => t.appCan("user:suspend")).not.toThrow();
  });

  it("refuses every call outside of an object", () => {
    const next = vi.fn<() => string>();
    expect(() => appCan(policy, "read")({ ctx: {}, next })).toThrow("outside of one");
    expect(next).not.toHaveBeenCalled();
  });
});
