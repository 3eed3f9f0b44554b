import { describe, expect, it, vi } from "vitest";
import { createRolePolicy } from "../../../src/router/organizations/role-policy.js";
import type { RoleDefinitions } from "../../../src/router/organizations/role-definitions.js";
import type { Requirement } from "../../../src/router/requirement.js";
import { can } from "../../../src/router/organizations/can.js";
import { outranks } from "../../../src/do/organizations/role-checks.js";

const policy = createRolePolicy({
  owner: ["billing"],
  admin: ["manage", "write"],
  member: ["read"],
});

describe("roles", () => {
  it.each<[string, Requirement, boolean]>([
    ["owner", "billing", true],
    ["owner", "read", true],
    ["admin", "billing", false],
    ["admin", "read", true],
    ["member", "read", true],
    ["member", "write", false],
    ["member", { any: ["write", "read"] }, true],
    ["member", { any: ["write", "manage"] }, false],
    ["admin", { all: ["write", "read"] }, true],
    ["admin", { all: ["write", "billing"] }, false],
    ["owner", "unheard-of", false],
    ["owner", { all: ["read", "unheard-of"] }, false],
    ["owner", { any: [] } as unknown as Requirement, false],
    ["owner", { all: [] } as unknown as Requirement, false],
    ["former", "read", false],
    ["__proto__", "read", false],
  ])("evaluate the permissions of %s for %j: %s", (role, requirement, allowed) => {
    expect(policy.allows(role, requirement)).toBe(allowed);
  });

  it("give an owner the permissions of the built-in procedures, whatever the app defines", () => {
    const own = createRolePolicy({ member: ["read"] });
    for (const permission of ["organization:update", "member:manage"]) {
      expect(own.allows("owner", permission)).toBe(true);
      expect(own.allows("member", permission)).toBe(false);
    }
    expect(own.permissionsOf("owner")).toEqual(["read", "member:manage", "organization:update"]);
    expect(own.roles[0]?.permissions).toEqual(own.permissionsOf("owner"));
    expect(createRolePolicy({}).permissionsOf("owner")).toEqual(["member:manage", "organization:update"]);
    const named = createRolePolicy({ admin: ["organization:update"], member: [] });
    expect(named.permissionsOf("owner")).toEqual(["organization:update", "member:manage"]);
    expect(named.permissionsOf("admin")).toEqual(["organization:update"]);
  });

  it("fail closed in an app whose roles have no permissions", () => {
    expect(createRolePolicy({}).allows("owner", "read")).toBe(false);
    expect(() => can({ any: [] } as unknown as Requirement)).toThrow("at least one");
  });

  it("fail closed outside of an organization's object", () => {
    const next = vi.fn<() => string>();
    expect(() => can("read")({ ctx: {}, next })).toThrow("outside of one");
    expect(next).not.toHaveBeenCalled();
  });

  it.each([
    ["owner", "owner", true],
    ["owner", "admin", true],
    ["admin", "member", true],
    ["admin", "admin", false],
    ["admin", "owner", false],
    ["member", "member", false],
    ["former", "member", false],
    ["former", "former", false],
    ["member", "former", true],
  ])("let %s assign and unassign %s: %s", (role, other, may) => {
    expect(outranks(policy, { userId: "x", role }, other)).toBe(may);
  });

  it.each<[RoleDefinitions, string]>([
    [{ "1": [] }, "is not a valid name"],
    [{ "a,b": [] }, "is not a valid name"],
    [{ admin: [""] }, "is empty or not a string"],
  ])("reject the definition %j at start", (definitions, message) => {
    expect(() => createRolePolicy(definitions)).toThrow(message);
  });
});
