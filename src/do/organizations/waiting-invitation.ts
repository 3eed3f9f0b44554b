import type { Inviter } from "../../shared/organization.js";

/** An invitation as the objects of its address and of its user store it. Times are milliseconds since the epoch. */
export interface WaitingInvitation {
  readonly id: string;
  /** The address that was invited. Only a user who has verified it can answer. */
  readonly email: string;
  readonly organizationId: string;
  /** The organization's name. */
  readonly name: string;
  readonly role: string;
  readonly invitedBy: string | undefined;
  /** `undefined` for the app itself, and in an invitation that an earlier version sent or stored. */
  readonly inviter?: WaitingInviter | undefined;
  readonly expiresAt: number;
}

/** The member who invited, beside the address in `invitedBy`. */
export interface WaitingInviter {
  readonly userId: string;
  /** Whether the address was verified when the invitation was sent. */
  readonly emailVerified: boolean;
}

/** The inviter of an invitation, as its recipient sees it. */
export function toInviter({
  invitedBy,
  inviter,
}: Pick<WaitingInvitation, "invitedBy" | "inviter">): Inviter | undefined {
  return invitedBy === undefined ? undefined : { email: invitedBy, emailVerified: inviter?.emailVerified ?? false };
}
