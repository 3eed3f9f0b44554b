import { ReasonedError } from "../../router/reasoned-error.js";
import { sendInternalRead } from "../../shared/send-internal.js";
import type { AddedMember } from "../../shared/organization.js";
import { toName } from "../../shared/owner.js";
import { userNotFound } from "../lifecycle/caller-errors.js";
import type { MemberRow } from "./member-store.js";
import type { Membership } from "./membership.js";
import { messageTo } from "./organization-messages.js";
import type { OrganizationDeps } from "./organization-deps.js";
import { notAMember } from "./role-checks.js";

/**
 * Adds a user as a member for the app itself, as the acceptance of an invitation does. Deletes an invitation that waits for the
 * user's address. The user's object knows the membership before this returns, or gets it from the outbox.
 *
 * @returns the member; an existing one if it has the same role
 * @throws TRPCError NOT_FOUND (USER_NOT_FOUND), CONFLICT (ALREADY_MEMBER), FORBIDDEN (NOT_A_MEMBER) if the organization was deleted
 *   meanwhile
 */
export async function addMember(
  deps: OrganizationDeps,
  membership: Membership,
  { userId, role, joinedAt = new Date() }: AddedMember,
): Promise<MemberRow> {
  const { organizations, members, invitations, outbox, log, transaction } = deps;
  const target = { type: "user", id: userId } as const;
  const found = await sendInternalRead(deps.identity().namespace, target, { op: "describeUser" });
  if (!found.ok) throw userNotFound();
  const { user } = found.value;

  const member = transaction(() => {
    if (!organizations.read()) throw notAMember();
    const existing = members.find(userId);
    if (existing?.role === role) return existing;
    if (existing) throw alreadyMember();
    // An address that is not verified may belong to someone else, and so may its invitation.
    const invitation = user.emailVerified ? invitations.findByEmail(user.email) : undefined;
    if (invitation) {
      invitations.delete(invitation.id);
      outbox.post(messageTo(invitation.target, "withdrawInvitation", { id: invitation.id }));
    }
    log.add({ actor: { type: "system" }, action: "member.add", target, detail: role });
    membership.add({ userId, email: user.email, role, joinedAt, invitationId: undefined });
    return members.find(userId);
  });
  await outbox.flushTarget(toName(target));
  return member ?? Promise.reject(userNotFound());
}

function alreadyMember(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "ALREADY_MEMBER",
    message: "This user is already a member with another role. Change it with `organizations.members.setRole`.",
  });
}
