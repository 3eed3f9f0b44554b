import { isIdentifier } from "../schema/field-names.js";
import { meetsRequirement, type Requirement } from "../requirement.js";
import { builtinPermissions, type RoleDefinitions } from "./role-definitions.js";

/** A role, as `organizations.roles.list` returns it. */
export interface RoleDescription<TRole extends string = string, TPermission extends string = string> {
  readonly name: TRole;
  /** The permissions of the role, including those of the roles below it. */
  readonly permissions: readonly TPermission[];
}

/** The permissions of each role, computed once. An unknown role has no permissions, and no role has an unknown permission. */
export interface RolePolicy {
  /** The highest first. */
  readonly roles: readonly RoleDescription[];
  has(role: string): boolean;
  permissionsOf(role: string): readonly string[];
  /** 0 for the highest role. A role that the app no longer defines is below all. */
  rankOf(role: string): number;
  allows(role: string, requirement: Requirement): boolean;
}

export const OWNER = "owner";

/** @throws Error if the name of a role or a permission is not valid */
export function createRolePolicy(definitions: RoleDefinitions): RolePolicy {
  const declared = Object.entries(definitions);
  for (const [name, permissions] of declared) checkRole(name, permissions);
  const { [OWNER]: ownersOnly = [], ...below } = definitions;
  const ordered: [string, readonly string[]][] = [[OWNER, ownersOnly], ...Object.entries(below)];
  const roles = ordered.map(([name], index): RoleDescription => {
    const permissions = ordered.slice(index).flatMap(([, own]) => own);
    // Otherwise nobody could rename the organization or invite members if no role has these permissions.
    if (name === OWNER) permissions.push(...Object.values(builtinPermissions));
    return { name, permissions: [...new Set(permissions)] };
  });
  const byName = new Map(roles.map((role) => [role.name, new Set(role.permissions)]));

  return {
    roles,
    has: (role) => byName.has(role),
    permissionsOf: (role) => [...(byName.get(role) ?? [])],
    rankOf(role) {
      const index = roles.findIndex(({ name }) => name === role);
      return index === -1 ? roles.length : index;
    },
    allows: (role, requirement) => meetsRequirement(byName.get(role) ?? new Set(), requirement),
  };
}

function checkRole(name: string, permissions: readonly string[]): void {
  // JavaScript moves numeric keys to the front, but the order of the roles is their rank.
  if (!isIdentifier(name)) {
    throw new Error(
      `The role ${JSON.stringify(name)} is not a valid name. Begin with a letter, and use at most 63 letters, digits and "_".`,
    );
  }
  const invalid = permissions.find((permission) => typeof permission !== "string" || permission === "");
  if (invalid !== undefined)
    throw new Error(`A permission of the role "${name}" is empty or not a string. Use a name such as "project:write".`);
}
