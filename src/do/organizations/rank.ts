import { TRPCError } from "@trpc/server";
import { OWNER, type RolePolicy } from "../../router/organizations/role-policy.js";

/** Who acts in an organization: a member by their role, or the app itself. */
export type ActingMember = "system" | { readonly userId: string; readonly role: string };

/** Whether somebody may give or take a role: only those below their own. Nobody is above an owner but owners. */
export function outranks(rolePolicy: RolePolicy, actor: ActingMember, role: string): boolean {
  if (actor === "system" || actor.role === OWNER) return true;
  return rolePolicy.rankOf(actor.role) < rolePolicy.rankOf(role);
}

/** The highest role first, and of one role who has been a member for longest. */
export function byRank<TMember extends { readonly role: string }>(
  rolePolicy: RolePolicy,
  members: readonly TMember[],
): TMember[] {
  return members.toSorted((one, other) => rolePolicy.rankOf(one.role) - rolePolicy.rankOf(other.role));
}

/** @throws TRPCError FORBIDDEN */
export function assertOutranks(rolePolicy: RolePolicy, actor: ActingMember, role: string): void {
  if (outranks(rolePolicy, actor, role)) return;
  throw new TRPCError({
    code: "FORBIDDEN",
    message: `You may give and take roles below your own, which "${role}" is not. Ask an owner.`,
  });
}

/** @throws TRPCError FORBIDDEN */
export function assertOwner(actor: ActingMember): void {
  if (actor === "system" || actor.role === OWNER) return;
  throw new TRPCError({ code: "FORBIDDEN", message: "Only an owner of the organization may do that." });
}

export function lastOwner(): TRPCError {
  return new TRPCError({
    code: "CONFLICT",
    message:
      "An organization has at least one owner, and this is the last. Make another member an owner first, or delete the organization.",
  });
}
