import { ReasonedError } from "./reasoned-error.js";

/** The permissions that a call requires: one, any of several, or all of several. */
export type Requirement<TPermission extends string = string> =
  | TPermission
  | { readonly any: readonly [TPermission, ...TPermission[]] }
  | { readonly all: readonly [TPermission, ...TPermission[]] };

/** The permissions that a requirement names. */
export function permissionsIn(requirement: Requirement): readonly string[] {
  if (typeof requirement === "string") return [requirement];
  return "any" in requirement ? requirement.any : requirement.all;
}

/** Whether a caller with these permissions meets a requirement. */
export function meetsRequirement(permissions: ReadonlySet<string>, requirement: Requirement): boolean {
  if (typeof requirement === "string") return permissions.has(requirement);
  if ("any" in requirement) return requirement.any.some((each) => permissions.has(each));
  // An empty list is a mistake, and must not allow everyone.
  return requirement.all.length > 0 && requirement.all.every((each) => permissions.has(each));
}

/** Describes a requirement for a message, such as `any of "user:read", "user:write"`. */
export function describeRequirement(requirement: Requirement): string {
  if (typeof requirement === "string") return `"${requirement}"`;
  const names = permissionsIn(requirement).join('", "');
  return `${"any" in requirement ? "any" : "all"} of "${names}"`;
}

/** The error of a caller without the permissions in the app that a call requires. */
export function missingAppPermission(requirement: Requirement): ReasonedError {
  return new ReasonedError({
    code: "FORBIDDEN",
    reason: "MISSING_PERMISSION",
    message: `Your roles do not have the permission ${describeRequirement(requirement)}. Ask an administrator for a role that has it.`,
  });
}
