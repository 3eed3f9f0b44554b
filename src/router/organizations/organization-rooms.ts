import { TRPCError } from "@trpc/server";
import type { BlockedInviter, Invitation, ListedOrganization, Member } from "../../shared/organization.js";
import type { AppDefinition } from "../definition.js";
import { roomOf } from "../room.js";
import type { OrganizationView } from "./organization-types.js";
import type { RoleDescription } from "./role-book.js";
import type { Requirement } from "./role-definitions.js";
import type { NewOrganization, OrganizationPatch } from "./settings.js";

type View = OrganizationView<AppDefinition>;

/** A user's organizations, in the user's own object. What each throws, the procedures say. */
export interface OrganizationsRoom {
  create(organization: NewOrganization): Promise<View>;
  list(): ListedOrganization[];
  accept(invitationId: string): Promise<Extract<ListedOrganization, { status: "member" }>>;
  decline(invitationId: string): Promise<void>;
  /** Returns how many there were. */
  declineAll(): Promise<number>;
  blockInviter(invitationId: string): BlockedInviter;
  /** Returns whether there was such a block. */
  unblockInviter(id: string): boolean;
  blockedInviters(): BlockedInviter[];
}

/** An organization in its own object, as one caller sees it. What each throws, the procedures say. */
export interface OrganizationRoom {
  /**
   * Refuses a caller whose role does not allow something: now, and again in the transaction of a mutation.
   * @throws TRPCError FORBIDDEN
   */
  demand(requirement: Requirement): void;
  get(): View;
  update(patch: OrganizationPatch): View;
  leave(): void;
  transfer(userId: string): void;
  delete(): Promise<void>;
  members(): Member[];
  setRole(userId: string, role: string): Member;
  /** Answers whether there was such a member. */
  remove(userId: string): boolean;
  invitations(): Invitation[];
  invite(invitation: { readonly email: string; readonly role: string }): Promise<Invitation>;
  /** Answers whether there was such an invitation. */
  cancel(invitationId: string): boolean;
  resend(invitationId: string): Promise<Invitation>;
  roles(): readonly RoleDescription[];
}

export function organizationsOf(ctx: object): OrganizationsRoom {
  return roomOf(ctx)?.organizations?.() ?? misplaced("a user's");
}

export function organizationOf(ctx: object): OrganizationRoom {
  return roomOf(ctx)?.organization?.() ?? misplaced("an organization's");
}

function misplaced(whose: string): never {
  throw new TRPCError({ code: "FORBIDDEN", message: `This procedure runs in ${whose} own object.` });
}
