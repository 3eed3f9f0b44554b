/**
 * The roles of an app's organizations, the highest first, and what each may do beside what the roles below it may.
 * "owner" is above them all and may do everything; it is only named to add permissions that nobody else has.
 */
export type RoleDefinitions = Readonly<Record<string, readonly string[]>>;

/** What organizations have whose app says nothing of roles. */
export const defaultRoles = {
  admin: ["member:manage", "organization:update"],
  member: [],
} as const satisfies RoleDefinitions;

/** The names of all roles. */
export type RoleOf<TRoles extends RoleDefinitions> = "owner" | (keyof TRoles & string);

/** All that any role may do. An owner has what the built-in procedures ask for, named or not. */
export type PermissionOf<TRoles extends RoleDefinitions> = TRoles[keyof TRoles][number] | BuiltinPermission;

type BuiltinPermission = (typeof builtinPermissions)[keyof typeof builtinPermissions];

/** Permissions that the built-in procedures ask for. Owners have them; an app gives them to other roles by naming them. */
export const builtinPermissions = {
  /** Invites, removes and changes the roles of members below one's own. */
  manageMembers: "member:manage",
  /** Renames the organization and changes its settings. */
  updateOrganization: "organization:update",
} as const;

/** What a call needs: one permission, any of several, or all of them. */
export type Requirement<TPermission extends string = string> =
  | TPermission
  | { readonly any: readonly [TPermission, ...TPermission[]] }
  | { readonly all: readonly [TPermission, ...TPermission[]] };
