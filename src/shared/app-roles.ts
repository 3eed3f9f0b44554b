/** A role in the app that a user was assigned. */
export interface AssignedRole {
  readonly name: string;
  /** The permissions of a role that was created at run time; `undefined` for a role that the app's code declares. */
  readonly permissions?: readonly string[] | undefined;
}

/** The roles of a user as of a version. A lower version never replaces a higher one. */
export interface VersionedRoles {
  readonly version: number;
  readonly roles: readonly AssignedRole[];
}

/** The roles of a user, and until when they can be used, in milliseconds since the epoch. */
export interface LeasedRoles extends VersionedRoles {
  readonly until: number;
}
