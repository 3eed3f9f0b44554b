import { emailObjectAddress } from "../../shared/email-object-address.js";
import { stubOf } from "../../shared/object-stub.js";
import { sendInternal } from "../../shared/send-internal.js";
import { ReasonedError } from "../../router/reasoned-error.js";
import type { OrganizationDeps } from "./organization-deps.js";

/** The member who invites, with the address that the organization has stored. */
export interface InvitingMember {
  readonly userId: string;
  readonly email: string;
}

/**
 * Asks two objects before an invitation is stored: the object of the address, whether it accepts another invitation, and
 * the inviter's object, whether the inviter's address is verified.
 *
 * @param inviter `undefined` for the app itself
 * @throws TRPCError TOO_MANY_REQUESTS (TOO_MANY_INVITATIONS), whether the address has an account or not
 */
export async function askToInvite(
  { organizationId, identity }: Pick<OrganizationDeps, "organizationId" | "identity">,
  { email, inviter }: { readonly email: string; readonly inviter: InvitingMember | undefined },
): Promise<{ inviterVerified: boolean }> {
  const { namespace, secrets } = identity();
  const address = stubOf(namespace, await emailObjectAddress(secrets.index, email));
  const [admission, inviterVerified] = await Promise.all([
    sendInternal(address, { op: "admitInvitation", organizationId, inviterId: inviter?.userId }),
    inviter !== undefined && isVerified(inviter),
  ]);
  if (!admission.ok) throw tooManyInvitations();
  return { inviterVerified };

  /** If the inviter's object does not answer, the address counts as not verified. */
  async function isVerified({ userId, email: own }: InvitingMember): Promise<boolean> {
    const user = stubOf(namespace, { type: "user", id: userId });
    return sendInternal(user, { op: "hasVerified", email: own }).catch(() => false);
  }
}

function tooManyInvitations(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "TOO_MANY_INVITATIONS",
    message:
      "Too many invitations to this address are waiting for an answer. Try again after some were answered, cancelled or have expired.",
  });
}
