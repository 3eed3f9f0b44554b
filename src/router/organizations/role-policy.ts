import { isIdentifier } from "../schema/field-names.js";
import { builtinPermissions, type Requirement, type RoleDefinitions } from "./role-definitions.js";

/** A role, as `organizations.roles.list` tells of it. */
export interface RoleDescription<TRole extends string = string, TPermission extends string = string> {
  readonly name: TRole;
  /** All that it may do, what the roles below it may included. */
  readonly permissions: readonly TPermission[];
}

/** Who may do what, worked out once. A role or a permission that it does not know may do nothing and is nobody's. */
export interface RolePolicy {
  /** The highest first. */
  readonly roles: readonly RoleDescription[];
  has(role: string): boolean;
  permissionsOf(role: string): readonly string[];
  /** 0 for the highest. A role that is not known (any more) is below all. */
  rankOf(role: string): number;
  allows(role: string, requirement: Requirement): boolean;
}

export const OWNER = "owner";

/** @throws Error that names the role, when a name or a permission is none */
export function createRolePolicy(definitions: RoleDefinitions): RolePolicy {
  const given = Object.entries(definitions);
  for (const [name, permissions] of given) checkRole(name, permissions);
  const { [OWNER]: ownersOnly = [], ...below } = definitions;
  const ordered: [string, readonly string[]][] = [[OWNER, ownersOnly], ...Object.entries(below)];
  const roles = ordered.map(([name], index): RoleDescription => {
    const permissions = ordered.slice(index).flatMap(([, own]) => own);
    // Somebody has to be able to rename and to invite, in an app too whose roles do not name it.
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
    allows(role, requirement) {
      const permissions = byName.get(role) ?? new Set<string>();
      if (typeof requirement === "string") return permissions.has(requirement);
      if ("any" in requirement) return requirement.any.some((each) => permissions.has(each));
      // All of nothing is no requirement that anybody meant.
      return requirement.all.length > 0 && requirement.all.every((each) => permissions.has(each));
    },
  };
}

function checkRole(name: string, permissions: readonly string[]): void {
  // A number would not keep its place among the keys, and the order of the roles is their rank.
  if (!isIdentifier(name)) {
    throw new Error(
      `The role ${JSON.stringify(name)} is no name: use letters, digits and "_", a letter first, 63 at most.`,
    );
  }
  const wrong = permissions.find((permission) => typeof permission !== "string" || permission === "");
  if (wrong !== undefined) throw new Error(`A permission of the role "${name}" is no text.`);
}
