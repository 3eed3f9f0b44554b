/** An organization of which the user is a member, or to which the user is invited, as `organizations.list` returns it. */
export type ListedOrganization<TRole extends string = string> =
  | {
      readonly status: "member";
      readonly id: string;
      readonly name: string;
      /** The user's role. "owner" is built in. */
      readonly role: TRole;
      readonly joinedAt: Date;
    }
  | {
      readonly status: "invited";
      readonly id: string;
      readonly name: string;
      /** The role that the user gets by accepting. */
      readonly role: TRole;
      /** For `organizations.invitations.accept` and `.decline`. */
      readonly invitationId: string;
      /** The inviter's email address; `undefined` if the app itself sent the invitation. */
      readonly invitedBy: string | undefined;
      /** The inviter; `undefined` if the app itself sent the invitation. */
      readonly inviter: Inviter | undefined;
      readonly expiresAt: Date;
    };

/** A member who sent an invitation. */
export interface Inviter {
  readonly email: string;
  /**
   * Whether the inviter had verified the email address when the invitation was last sent. Anybody can sign up with the email
   * address of another person, so show a warning beside one that is not verified.
   */
  readonly emailVerified: boolean;
}

/** An inviter that a user blocks, as `organizations.invitations.blockedInviters` lists it. */
export interface BlockedInviter {
  /** For `organizations.invitations.unblockInviter`. */
  readonly id: string;
  /** The inviter's email address when the user blocked the inviter. */
  readonly email: string;
  readonly blockedAt: Date;
}

/** A member of an organization. */
export interface Member<TRole extends string = string> {
  readonly userId: string;
  readonly email: string;
  readonly role: TRole;
  readonly joinedAt: Date;
}

/** A pending invitation, as members with the permission to invite see it. */
export interface Invitation<TRole extends string = string> {
  readonly id: string;
  readonly email: string;
  readonly role: TRole;
  /** The inviter's email address; `undefined` if the app itself sent the invitation. */
  readonly invitedBy: string | undefined;
  /** The inviter; `undefined` if the app itself sent the invitation. */
  readonly inviter: Inviter | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** A user whom the app itself adds to an organization. */
export interface AddedMember {
  readonly userId: string;
  readonly role: string;
  /** @default now */
  readonly joinedAt?: Date | undefined;
}
