/** The roles in the whole app that its code declares, and the permissions of each. */
export type AppRoleDefinitions = Readonly<Record<string, readonly string[]>>;

/** The role that has every permission. */
export const SUPERADMIN = "superadmin";

/** The role of every user. */
export const MEMBER = "member";

/** The permissions that the built-in procedures of `admin` require. Only superadmins have them, unless a role names them. */
export const operatorPermissions = [
  "user:read",
  "user:suspend",
  "user:session",
  "user:mail",
  "user:delete",
  "user:export",
  "user:repair",
  "user:restore",
  "role:read",
  "role:manage",
  "role:assign",
  "organization:read",
  "organization:delete",
  "organization:restore",
  "audit:read",
  "directory:rebuild",
  "data:import",
] as const;

/** A permission that a built-in procedure of `admin` requires. */
export type OperatorPermission = (typeof operatorPermissions)[number];

/** The permissions of all roles in the app that its code declares, and those of the built-in procedures. */
export type AppPermissionOf<TRoles extends AppRoleDefinitions> = TRoles[keyof TRoles][number] | OperatorPermission;
