/**
 * The roles of an app's organizations, the highest first, and the permissions that each adds to those of the roles below it.
 * The built-in "owner" is above all and has every permission. Define it only to add permissions that no other role has.
 */
export type RoleDefinitions = Readonly<Record<string, readonly string[]>>;

/** The roles of an app without the option `roles`. */
export const defaultRoles = {
  admin: ["member:manage", "organization:update"],
  member: [],
} as const satisfies RoleDefinitions;

/** The names of all roles. */
export type RoleOf<TRoles extends RoleDefinitions> = "owner" | (keyof TRoles & string);

/** The permissions of all roles. The owner always has those that the built-in procedures require. */
export type PermissionOf<TRoles extends RoleDefinitions> = TRoles[keyof TRoles][number] | BuiltinPermission;

type BuiltinPermission = (typeof builtinPermissions)[keyof typeof builtinPermissions];

/** The permissions that the built-in procedures require. Owners have them; an app can give them to other roles. */
export const builtinPermissions = {
  /** Allows inviting and removing members, and changing their roles, below the member's own role. */
  manageMembers: "member:manage",
  /** Allows renaming the organization and changing its settings. */
  updateOrganization: "organization:update",
} as const;
