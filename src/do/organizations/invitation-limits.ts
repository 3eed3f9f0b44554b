/** Limit of waiting invitations to one address, from all organizations together. */
const MAX_PER_ADDRESS = 50;

/** Limit of waiting invitations to one address that one user has sent, in any organization. */
const MAX_PER_INVITER = 10;

/** The part of an invitation that the limits need. */
export interface CountedInvitation {
  readonly organizationId: string;
  /** `undefined` for the app itself, and in an invitation that an earlier version stored. */
  readonly inviterId: string | undefined;
}

/**
 * Whether an address accepts another invitation. An organization has at most one invitation to an address, and a new one
 * replaces it. Whether the address has an account makes no difference.
 *
 * @param waiting the invitations that wait at the address
 * @param blocked the ids of inviters that the owner of the address blocks. Their invitations count towards their own
 *   limit only, so that they cannot use up the total of the others
 */
export function isWithinInvitationLimits(
  invitation: CountedInvitation,
  waiting: readonly CountedInvitation[],
  blocked: ReadonlySet<string> = new Set(),
): boolean {
  const { organizationId, inviterId } = invitation;
  if (waiting.some((each) => each.organizationId === organizationId)) return true;
  const unblocked = waiting.filter((each) => each.inviterId === undefined || !blocked.has(each.inviterId));
  if (unblocked.length >= MAX_PER_ADDRESS) return false;
  return inviterId === undefined || waiting.filter((each) => each.inviterId === inviterId).length < MAX_PER_INVITER;
}
