import type { Page } from "../../shared/page.js";
import type { KeepReply } from "../runner/middleware.js";

/** A role in the app, as `admin.roles.list` returns it. */
export interface RoleInApp {
  readonly name: string;
  readonly description: string;
  readonly permissions: readonly string[];
  /** Whether the app's code declares it. Such a role cannot be changed by a procedure. */
  readonly builtin: boolean;
  /** The number of users who were assigned the role. `null` for "member", which every user has. */
  readonly members: number | null;
}

/** Whether a change of roles has reached all objects that use them. */
export interface RoleChange {
  /** False if an object could not be reached. The change follows within five minutes. */
  readonly applied: boolean;
  /** The number of users whom the change has not reached yet. */
  readonly pending: number;
}

/** A role that a user gets or loses. */
export interface RoleAssignment {
  readonly userId: string;
  readonly role: string;
  readonly reason: string;
}

/** The roles in the app, for one caller. The procedures that use it document its errors. */
export interface RoleAdministrationService {
  list(page: { readonly limit: number; readonly cursor?: string | undefined }): Page<RoleInApp>;
  create(role: {
    readonly name: string;
    readonly description?: string | undefined;
    readonly permissions: readonly string[];
  }): Promise<RoleInApp>;
  update(
    change: {
      readonly name: string;
      readonly newName?: string | undefined;
      readonly description?: string | undefined;
      readonly permissions?: readonly string[] | undefined;
    },
    keepReply: KeepReply | undefined,
  ): Promise<RoleChange>;
  delete(name: string, keepReply: KeepReply | undefined): Promise<RoleChange>;
  assign(assignment: RoleAssignment): Promise<RoleChange>;
  unassign(assignment: RoleAssignment): Promise<RoleChange>;
}
