import { TRPCError } from "@trpc/server";
import { OWNER, type RoleBook } from "../../router/organizations/role-book.js";

/** Who acts in an organization: a member by their role, or the app itself. */
export type Actor = "system" | { readonly userId: string; readonly role: string };

/** Whether somebody may give or take a role: only those below their own. Nobody is above an owner but owners. */
export function outranks(book: RoleBook, actor: Actor, role: string): boolean {
  if (actor === "system" || actor.role === OWNER) return true;
  return book.rankOf(actor.role) < book.rankOf(role);
}

/** The highest role first, and of one role who has been a member for longest. */
export function byRank<TMember extends { readonly role: string }>(
  book: RoleBook,
  members: readonly TMember[],
): TMember[] {
  return members.toSorted((one, other) => book.rankOf(one.role) - book.rankOf(other.role));
}

/** @throws TRPCError FORBIDDEN */
export function assertOutranks(book: RoleBook, actor: Actor, role: string): void {
  if (outranks(book, actor, role)) return;
  throw new TRPCError({
    code: "FORBIDDEN",
    message: `You may give and take roles below your own, which "${role}" is not. Ask an owner.`,
  });
}

/** @throws TRPCError FORBIDDEN */
export function assertOwner(actor: Actor): void {
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
