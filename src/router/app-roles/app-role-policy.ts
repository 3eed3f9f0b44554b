import type { AssignedRole } from "../../shared/app-roles.js";
import { isAppRoleName } from "./app-role-name.js";
import { MEMBER, operatorPermissions, SUPERADMIN, type AppRoleDefinitions } from "./app-role-definitions.js";

/** The roles of a user in the app, and the permissions that they give. */
export interface AppAccess {
  /** The names of the roles. Every user has "member". */
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** A role that the app's code declares, or that is built in. */
export interface DeclaredRole {
  readonly name: string;
  readonly permissions: readonly string[];
}

/** The roles and permissions that the app's code declares. A permission that is not declared has no effect. */
export interface AppRolePolicy {
  /** The built-in and the declared roles: "superadmin" first and "member" last. */
  readonly declared: readonly DeclaredRole[];
  /** The declared role with a name, in any case: names that differ only in case are easily confused. */
  findDeclared(name: string): DeclaredRole | undefined;
  /** Whether a permission exists. */
  isPermission(permission: string): boolean;
  /** The permissions of one role. */
  permissionsOf(role: AssignedRole): readonly string[];
  /** The access of a user with these roles. Roles that no longer exist are left out. */
  accessOf(assigned: readonly AssignedRole[]): AppAccess;
}

/** @throws Error if the name of a role or a permission is not valid */
export function createAppRolePolicy(definitions: AppRoleDefinitions): AppRolePolicy {
  const names = new Set<string>();
  for (const [name, permissions] of Object.entries(definitions)) {
    checkRole(name, permissions);
    const lower = name.toLowerCase();
    if (names.has(lower)) throw new Error(`Two roles of appRoles are named "${lower}". Rename one of them.`);
    names.add(lower);
    if ([SUPERADMIN, MEMBER].includes(lower) && name !== lower)
      throw new Error(`The role "${name}" of appRoles has the name of the built-in role "${lower}". Rename it.`);
  }
  const { [SUPERADMIN]: ofSuperadmin = [], [MEMBER]: ofMember = [], ...others } = definitions;
  const all = new Set<string>([...ofSuperadmin, ...Object.values(others).flat(), ...ofMember, ...operatorPermissions]);
  const declared: DeclaredRole[] = [
    { name: SUPERADMIN, permissions: [...all] },
    ...Object.entries(others).map(([name, permissions]) => ({ name, permissions: [...new Set(permissions)] })),
    { name: MEMBER, permissions: [...new Set(ofMember)] },
  ];
  const byName = new Map(declared.map((role) => [role.name, role]));
  const byLowerName = new Map(declared.map((role) => [role.name.toLowerCase(), role]));

  function permissionsOf({ name, permissions = [] }: AssignedRole): readonly string[] {
    return byName.get(name)?.permissions ?? permissions.filter((each) => all.has(each));
  }

  return {
    declared,
    findDeclared: (name) => byLowerName.get(name.toLowerCase()),
    isPermission: (permission) => all.has(permission),
    permissionsOf,
    accessOf(assigned) {
      const existing = assigned.filter(({ name, permissions }) => permissions !== undefined || byName.has(name));
      const roles = [{ name: MEMBER }, ...existing.filter(({ name }) => name !== MEMBER)];
      return { roles: roles.map(({ name }) => name), permissions: [...new Set(roles.flatMap(permissionsOf))] };
    },
  };
}

function checkRole(name: string, permissions: readonly string[]): void {
  if (!isAppRoleName(name)) {
    throw new Error(
      `The role ${JSON.stringify(name)} of appRoles is not a valid name. Use 2 to 50 letters, digits, "_", ":" and "-".`,
    );
  }
  if (!Array.isArray(permissions))
    throw new Error(`The role "${name}" of appRoles is not a list of permissions. Write it as ["post:write"].`);
  const invalid = permissions.find((permission) => typeof permission !== "string" || permission === "");
  if (invalid !== undefined) {
    throw new Error(
      `A permission of the role "${name}" of appRoles is empty or not a string. Use a name such as "post:write".`,
    );
  }
}
