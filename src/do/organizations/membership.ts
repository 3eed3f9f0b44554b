import { ReasonedError } from "../../router/reasoned-error.js";
import { OWNER } from "../../router/organizations/role-policy.js";
import type { AuditActor } from "../../shared/audited-action.js";
import { toName } from "../../shared/owner.js";
import { messageTo } from "./organization-messages.js";
import type { MemberRow } from "./member-store.js";
import type { OrganizationDeps } from "./organization-deps.js";
import { assertOutranks, assertOwner, auditActorOf, byRank, lastOwner, type ActingMember } from "./role-checks.js";

export interface MembershipOptions {
  readonly deps: OrganizationDeps;
  /** Called after the last member's account was deleted, because an organization needs a member. */
  readonly onEmpty: () => void;
}

/**
 * Manages the members of an organization and their roles. Each change posts a message to the member's own object, so call
 * the functions inside a transaction.
 */
export function createMembership({ deps, onEmpty }: MembershipOptions) {
  const { organizationId, rolePolicy, organizations, members, suspended, invitations, leases, memberRoles, outbox } =
    deps;
  const { log, onMemberEnd, onMemberSuspended } = deps;

  /** Adds an action on a member to the audit log. */
  function record(actor: AuditActor, action: string, userId: string, detail?: string): void {
    log.add({ actor, action, target: { type: "user", id: userId }, detail });
  }

  /** Sends the membership to the member's own object. */
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

  /** @throws TRPCError CONFLICT (LAST_OWNER) */
  function assertOtherOwner({ role }: MemberRow): void {
    if (role === OWNER && members.count(OWNER) === 1) throw lastOwner();
  }

  function endMembership(userId: string): void {
    members.delete(userId);
    suspended.delete(userId);
    leases.deleteForUser(userId);
    memberRoles.delete(userId);
    outbox.post(messageTo(userName(userId), "left", { organizationId }));
    onMemberEnd(userId);
  }

  return {
    add(member: Omit<MemberRow, "epoch">): void {
      members.insert(member);
      notifyMember(member);
    },

    /** @throws TRPCError NOT_FOUND (MEMBER_NOT_FOUND), FORBIDDEN (ROLE_TOO_HIGH), CONFLICT (LAST_OWNER) */
    setRole(actor: ActingMember, userId: string, role: string): MemberRow {
      const member = requireMember(userId);
      assertOutranks(rolePolicy, actor, member.role);
      assertOutranks(rolePolicy, actor, role);
      if (member.role === role) return member;
      assertOtherOwner(member);
      record(auditActorOf(actor), "member.setRole", userId, role);
      return changeRole(userId, role);
    },

    /** Returns whether the user was a member. @throws TRPCError FORBIDDEN (ROLE_TOO_HIGH), CONFLICT (LAST_OWNER) */
    remove(actor: ActingMember, userId: string): boolean {
      const member = members.find(userId);
      if (!member) return false;
      assertOutranks(rolePolicy, actor, member.role);
      assertOtherOwner(member);
      record(auditActorOf(actor), "member.remove", userId);
      endMembership(userId);
      return true;
    },

    /** @throws TRPCError NOT_FOUND (MEMBER_NOT_FOUND), CONFLICT (LAST_OWNER) */
    leave(userId: string): void {
      assertOtherOwner(requireMember(userId));
      record({ type: "user", id: userId }, "member.leave", userId);
      endMembership(userId);
    },

    /** @throws TRPCError FORBIDDEN (OWNER_REQUIRED), NOT_FOUND (MEMBER_NOT_FOUND), BAD_REQUEST (USER_REQUIRED) */
    transfer(actor: ActingMember, userId: string): void {
      assertOwner(actor);
      const successor = requireMember(userId);
      if (actor === "system") throw noOwnership();
      if (actor.userId === userId) return;
      record(auditActorOf(actor), "organization.transfer", userId);
      if (successor.role !== OWNER) changeRole(userId, OWNER);
      const [, below] = rolePolicy.roles;
      // An app without other roles has only owners.
      if (below) changeRole(actor.userId, below.name);
    },

    setEmail: members.setEmail,

    /** Refuses the calls of a member with a suspended account, and closes the member's sockets. The membership stays. */
    onUserSuspended(userId: string, until: number | null): void {
      if (!members.find(userId)) return;
      suspended.add(userId, until);
      leases.deleteForUser(userId);
      onMemberSuspended(userId);
    },

    /** Removes a user whose account was deleted. If this was the only owner, the next member in rank becomes the owner. */
    onUserDeleted(userId: string): void {
      const member = members.find(userId);
      if (!member) return;
      record({ type: "user", id: userId }, "member.deleteAccount", userId);
      members.delete(userId);
      suspended.delete(userId);
      leases.deleteForUser(userId);
      for (const { id, target } of invitations.listByInviter(userId)) {
        invitations.delete(id);
        outbox.post(messageTo(target, "withdrawInvitation", { id }));
      }
      onMemberEnd(userId);
      if (members.count(OWNER) > 0) return;
      const [heir] = byRank(rolePolicy, members.list());
      if (!heir) return onEmpty();
      record({ type: "system" }, "member.setRole", heir.userId, OWNER);
      changeRole(heir.userId, OWNER);
    },

    /** Sends all memberships again, after the organization was renamed. */
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
