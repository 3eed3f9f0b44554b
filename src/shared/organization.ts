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
      /** The address of who invited; `undefined` when the app itself did. */
      readonly invitedBy: string | undefined;
      readonly expiresAt: Date;
    };

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
  /** The address of who invited; `undefined` when the app itself did. */
  readonly invitedBy: string | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}
