import { ReasonedError } from "../../router/reasoned-error.js";
import type { AuditActor } from "../../shared/audited-action.js";
import { OWNER, type RolePolicy } from "../../router/organizations/role-policy.js";

/** The caller in an organization: a member with a role, or the app itself. */
export type ActingMember = "system" | { readonly userId: string; readonly role: string };

/** The actor of an action in the audit log. */
export function auditActorOf(actor: ActingMember): AuditActor {
  return actor === "system" ? { type: "system" } : { type: "user", id: actor.userId };
}

/** Whether the caller can assign and remove a role. It must be below the caller's own; owners can assign every role. */
export function outranks(rolePolicy: RolePolicy, actor: ActingMember, role: string): boolean {
  if (actor === "system" || actor.role === OWNER) return true;
  return rolePolicy.rankOf(actor.role) < rolePolicy.rankOf(role);
}

/** Sorts by role, the highest first, and keeps the order of members with the same role. */
export function byRank<TMember extends { readonly role: string }>(
  rolePolicy: RolePolicy,
  members: readonly TMember[],
): TMember[] {
  return members.toSorted((one, other) => rolePolicy.rankOf(one.role) - rolePolicy.rankOf(other.role));
}

/** @throws TRPCError FORBIDDEN (ROLE_TOO_HIGH) */
export function assertOutranks(rolePolicy: RolePolicy, actor: ActingMember, role: string): void {
  if (outranks(rolePolicy, actor, role)) return;
  throw new ReasonedError({
    code: "FORBIDDEN",
    reason: "ROLE_TOO_HIGH",
    message: `You can only assign and remove roles below your own, and "${role}" is not below it. Ask an owner.`,
  });
}

/** @throws TRPCError FORBIDDEN (OWNER_REQUIRED) */
export function assertOwner(actor: ActingMember): void {
  if (actor === "system" || actor.role === OWNER) return;
  throw new ReasonedError({
    code: "FORBIDDEN",
    reason: "OWNER_REQUIRED",
    message: "Only an owner of the organization can do this. Ask an owner.",
  });
}

export function lastOwner(): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "LAST_OWNER",
    message:
      "This is the last owner of the organization. Make another member an owner first, or delete the organization.",
  });
}

/** The error is the same for an organization that does not exist, so that callers cannot find out which ids exist. */
export function notAMember(): ReasonedError {
  return new ReasonedError({
    code: "FORBIDDEN",
    reason: "NOT_A_MEMBER",
    message: "You are not a member of this organization. Ask a member for an invitation.",
  });
}
