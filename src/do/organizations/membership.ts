import { ReasonedError } from "../../router/reasoned-error.js";
import { OWNER } from "../../router/organizations/role-policy.js";
import { toName } from "../../shared/owner.js";
import { messageTo } from "./organization-messages.js";
import type { MemberRow } from "./member-store.js";
import type { OrganizationDeps } from "./organization-deps.js";
import { assertOutranks, assertOwner, byRank, lastOwner, type ActingMember } from "./rank.js";

export interface MembershipOptions {
  readonly deps: OrganizationDeps;
  /** Called when nobody is left: an organization without members is no organization. */
  readonly onEmpty: () => void;
}

/**
 * Who belongs to an organization, and as what. Each change and the letter that tells the member's own object of it are
 * one transaction; call them inside one.
 */
export function createMembership({ deps, onEmpty }: MembershipOptions) {
  const { organizationId, rolePolicy, organizations, members, invitations, leases, outbox, onMemberEnd } = deps;

  /** Tells a member's own object what they are. */
  function notifyMember({ userId, role, joinedAt, email, invitationId }: Omit<MemberRow, "epoch">): void {
    const name = organizations.read()?.name ?? "";
    const membership = { organizationId, name, role, joinedAt: joinedAt.getTime(), email, invitationId };
    outbox.post(messageTo(userName(userId), "membership", membership));
  }

  function requireMember(userId: string): MemberRow {
    const member = members.find(userId);
    if (member) return member;
    throw memberNotFound();
  }

  function changeRole(userId: string, role: string): MemberRow {
    members.setRole(userId, role);
    const member = requireMember(userId);
    notifyMember(member);
    return member;
  }

  /** @throws ReasonedError CONFLICT */
  function assertOtherOwner({ role }: MemberRow): void {
    if (role === OWNER && members.count(OWNER) === 1) throw lastOwner();
  }

  function endMembership(userId: string): void {
    members.delete(userId);
    leases.deleteForUser(userId);
    outbox.post(messageTo(userName(userId), "left", { organizationId }));
    onMemberEnd(userId);
  }

  return {
    add(member: Omit<MemberRow, "epoch">): void {
      members.insert(member);
      notifyMember(member);
    },

    /** @throws ReasonedError NOT_FOUND, FORBIDDEN, CONFLICT */
    setRole(actor: ActingMember, userId: string, role: string): MemberRow {
      const member = requireMember(userId);
      assertOutranks(rolePolicy, actor, member.role);
      assertOutranks(rolePolicy, actor, role);
      if (member.role === role) return member;
      assertOtherOwner(member);
      return changeRole(userId, role);
    },

    /** Answers whether there was such a member. @throws ReasonedError FORBIDDEN, CONFLICT */
    remove(actor: ActingMember, userId: string): boolean {
      const member = members.find(userId);
      if (!member) return false;
      assertOutranks(rolePolicy, actor, member.role);
      assertOtherOwner(member);
      endMembership(userId);
      return true;
    },

    /** @throws ReasonedError CONFLICT */
    leave(userId: string): void {
      assertOtherOwner(requireMember(userId));
      endMembership(userId);
    },

    /** @throws ReasonedError FORBIDDEN, NOT_FOUND, BAD_REQUEST */
    transfer(actor: ActingMember, userId: string): void {
      assertOwner(actor);
      const successor = requireMember(userId);
      if (actor === "system") throw noOwnership();
      if (actor.userId === userId) return;
      if (successor.role !== OWNER) changeRole(userId, OWNER);
      const [, below] = rolePolicy.roles;
      // Without a role below there is nothing else that a member could be.
      if (below) changeRole(actor.userId, below.name);
    },

    setEmail: members.setEmail,

    /** There is no such user any more. An organization that has lost its only owner gets the next in rank. */
    onUserDeleted(userId: string): void {
      const member = members.find(userId);
      if (!member) return;
      members.delete(userId);
      leases.deleteForUser(userId);
      for (const { id, target } of invitations.listByInviter(userId)) {
        invitations.delete(id);
        outbox.post(messageTo(target, "withdrawInvitation", { id }));
      }
      onMemberEnd(userId);
      if (members.count(OWNER) > 0) return;
      const [heir] = byRank(rolePolicy, members.list());
      if (heir) changeRole(heir.userId, OWNER);
      else onEmpty();
    },

    /** The name has changed: everybody's list is to say so. */
    notifyAll(): void {
      for (const member of members.list()) notifyMember(member);
    },
  };
}

export type Membership = ReturnType<typeof createMembership>;

function userName(userId: string): string {
  return toName({ type: "user", id: userId });
}

function memberNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "MEMBER_NOT_FOUND",
    message: "This user is not a member of the organization. Reload the list of members.",
  });
}

function noOwnership(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "USER_REQUIRED",
    message:
      "The app itself is not a member, so it has no ownership to transfer. Use `organizations.members.setRole`, or call the procedure through `asUser()`.",
  });
}
