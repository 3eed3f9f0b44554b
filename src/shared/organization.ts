/** One of the organizations that a user has to do with, as `organizations.list` tells of it. */
export type ListedOrganization<TRole extends string = string> =
  | {
      readonly status: "member";
      readonly id: string;
      readonly name: string;
      /** "owner" for one's own. */
      readonly role: TRole;
      readonly joinedAt: Date;
    }
  | {
      readonly status: "invited";
      readonly id: string;
      readonly name: string;
      /** The one that accepting gives. */
      readonly role: TRole;
      /** For `organizations.invitations.accept` and `.decline`. */
      readonly invitationId: string;
      /** The address of the inviter; `undefined` when the app itself sent the invitation. */
      readonly invitedBy: string | undefined;
      /** The inviter, and whether the address is known to be theirs; `undefined` when the app itself sent it. */
      readonly inviter: Inviter | undefined;
      readonly expiresAt: Date;
    };

/** A member who invited somebody. */
export interface Inviter {
  readonly email: string;
  /**
   * Whether the inviter had verified the address when the invitation was sent, or sent again. Anybody can sign up with
   * somebody else's address, so show an address that is not verified with a warning.
   */
  readonly emailVerified: boolean;
}

/** An inviter that a user blocks, as `organizations.invitations.blockedInviters` lists it. */
export interface BlockedInviter {
  /** For `organizations.invitations.unblockInviter`. */
  readonly id: string;
  /** The inviter's address at the time. */
  readonly email: string;
  readonly blockedAt: Date;
}

/** Somebody who belongs to an organization. */
export interface Member<TRole extends string = string> {
  readonly userId: string;
  readonly email: string;
  readonly role: TRole;
  readonly joinedAt: Date;
}

/** An invitation that waits for its answer, as those who may invite see it. */
export interface Invitation<TRole extends string = string> {
  readonly id: string;
  readonly email: string;
  readonly role: TRole;
  /** The address of the inviter; `undefined` when the app itself sent the invitation. */
  readonly invitedBy: string | undefined;
  /** The inviter, and whether the address is known to be theirs; `undefined` when the app itself sent it. */
  readonly inviter: Inviter | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}
