import type { ListedSession, User } from "./account.js";
import type { ListedOrganization, Member } from "./organization.js";
import type { RestorePoint } from "./restore.js";
import type { AccountSuspension } from "./suspension.js";

/**
 * An action of an operator on a user or an organization, which its object executes. An organization can be restored and deleted.
 * Times are milliseconds since the epoch.
 */
export type OperatorAction =
  | {
      readonly type: "suspend";
      readonly reason: string;
      /** `null` without an end. */
      readonly until: number | null;
    }
  | { readonly type: "unsuspend" | "revokeSessions" | "sendPasswordReset" | "resendVerification" | "delete" }
  /** Posts a message again that could not be delivered. */
  | { readonly type: "retryDeadLetter"; readonly id: string }
  /** Restores the data of an earlier time. It needs several requests to the object. */
  | { readonly type: "restore"; readonly point: RestorePoint };

/** An action that the object executes in one request. */
export type SingleRequestAction = Exclude<OperatorAction, { readonly type: "restore" }>;

/** The result of an action of an operator. */
export interface OperatorOutcome {
  /**
   * Whether the action has taken full effect. `false`: an organization of the user, or the app's object, could not be reached, and
   * follows within five minutes after it can be.
   */
  readonly applied: boolean;
}

/** The result of a restore. */
export interface RestoreOutcome extends OperatorOutcome {
  /** Restores the state before this restore. `null` while the object cannot be reached: the audit log has it later. */
  readonly undoBookmark: string | null;
}

/** A message or mail that an object could not deliver, as operators see it. It has no content, which may be confidential. */
export interface ListedDeadLetter {
  /** For `admin.users.retryDeadLetter`. */
  readonly id: string;
  readonly kind: string;
  readonly createdAt: Date;
  readonly failedAt: Date;
  readonly attempts: number;
  readonly error: string;
}

/** The account of a user, as its object describes it to operators. Contains no secrets. */
export interface UserOverview {
  readonly user: User;
  readonly suspension: AccountSuspension | null;
  readonly sessions: readonly ListedSession[];
  /** The memberships. Invitations are not listed. */
  readonly organizations: readonly Extract<ListedOrganization, { status: "member" }>[];
  readonly storageBytes: number;
  readonly deadLetters: readonly ListedDeadLetter[];
  /** The number of the last step of the framework's schema that has run. */
  readonly schemaVersion: number;
}

/** The account of a user, with the roles in the app, as `admin.users.get` returns it. */
export interface UserDetails extends UserOverview {
  readonly status: "active" | "suspended";
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** An organization, as its object describes it to operators. */
export interface OrganizationOverview {
  readonly organization: { readonly id: string; readonly name: string; readonly createdAt: Date };
  /** All members, the oldest first. */
  readonly members: readonly Member[];
  readonly pendingInvitations: number;
  readonly storageBytes: number;
  readonly deadLetters: readonly ListedDeadLetter[];
  /** The number of the last step of the framework's schema that has run. */
  readonly schemaVersion: number;
}
